#include "cli/report/html_text.h"

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

// What moves or hides no other text; lines and tabs stay.
std::string Shown(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t end = text.find_first_of("\n\t");
    out += Printable(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += text[end];
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string HtmlText(std::string_view text, std::size_t max_bytes) {
  const std::string clean = Shown(Excerpt(text, max_bytes));
  std::string out;
  out.reserve(clean.size());
  for (const char c : clean) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string HtmlOutcome(Outcome outcome, bool flaky) {
  return fmt::format(R"(<span class="{0}"><span aria-hidden="true">{1}</span> {0}{2}</span>)", OutcomeName(outcome),
                     OutcomeMark(outcome), flaky ? " (flaky)" : "");
}

}  // namespace wsfleet::cli
