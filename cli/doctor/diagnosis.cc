#include "cli/doctor/diagnosis.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

std::string_view HealthName(Health health) {
  switch (health) {
    case Health::kOk:
      return "ok";
    case Health::kWarn:
      return "warn";
    case Health::kFail:
      return "fail";
  }
  return "";
}

constexpr std::size_t kMaxWidth = 24;  // of the subjects' column

// Further lines of a text stand below the first one.
std::string Indented(const std::string& text, std::size_t by) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out.append(by, ' ');
  }
  return out;
}

}  // namespace

std::string OneLine(std::string_view text) {
  std::string out;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(text), '\n', absl::SkipWhitespace())) {
    const bool ended = out.empty() || std::string_view(".:;?").find(out.back()) != std::string_view::npos;
    out += (out.empty() ? "" : ended ? " " : "; ") + Printable(ToStd(absl::StripAsciiWhitespace(line)));
  }
  return out;
}

ProcessExit ExitCodeOf(const Diagnoses& diagnoses) {
  const auto failed =
      std::ranges::find_if(diagnoses, [](const Diagnosis& diagnosis) { return diagnosis.health == Health::kFail; });
  return failed == diagnoses.end() ? kPassedCode : failed->exit_code;
}

std::string RenderText(const Diagnoses& diagnoses) {
  std::size_t width = 0;
  for (const Diagnosis& diagnosis : diagnoses) width = std::max(width, std::min(diagnosis.subject.size(), kMaxWidth));
  const std::size_t indent = 6 + width + 2;
  std::string out;
  for (const Diagnosis& diagnosis : diagnoses) {
    out += fmt::format("{:<4}  {:<{}}  {}\n", HealthName(diagnosis.health), diagnosis.subject, width,
                       Indented(diagnosis.found, indent));
    if (!diagnosis.next.empty())
      out += fmt::format("{:{}}next: {}\n", "", indent, Indented(diagnosis.next, indent + 6));
  }
  return out;
}

Listing ToListing(const Diagnoses& diagnoses) {
  Listing listing;
  listing.columns = {{"RESULT"}, {"CHECK"}, {"FOUND"}, {"NEXT"}};
  for (const Diagnosis& diagnosis : diagnoses) {
    listing.names.push_back(diagnosis.subject);
    listing.rows.push_back(
        {std::string(HealthName(diagnosis.health)), diagnosis.subject, diagnosis.found, diagnosis.next});
    listing.items.push_back({{"result", HealthName(diagnosis.health)},
                             {"check", diagnosis.subject},
                             {"found", diagnosis.found},
                             {"next", diagnosis.next}});
  }
  return listing;
}

}  // namespace wsfleet::cli
