#include "tests/faults/canary.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "fmt/format.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::testing {

Canary::Canary(std::string core) : core_(std::move(core)) {
  const std::string hex = absl::BytesToHexString(core_);
  forms_ = {{"clear", core_}, {"hex", hex}, {"HEX", absl::AsciiStrToUpper(hex)}};
  std::string url, unicode;
  for (const char c : core_) {
    url += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    unicode += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
  }
  forms_.emplace_back("url", url);
  forms_.emplace_back("unicode", unicode);
  for (std::size_t before = 0; before < 3; ++before) {
    // The characters that its neighbours do not change. Of letters and digits both alphabets may have other ones.
    const std::string shifted = std::string(before, '\0') + core_;
    const std::size_t begin = before == 0 ? 0 : before + 1;
    const std::size_t end = shifted.size() * 8 / 6;
    const std::string name = fmt::format("base64+{}", before);
    forms_.emplace_back(name, absl::Base64Escape(shifted).substr(begin, end - begin));
    forms_.emplace_back(name + "url", absl::WebSafeBase64Escape(shifted).substr(begin, end - begin));
  }
}

std::vector<Canary::Find> Canary::FoundIn(std::string_view text) const {
  constexpr std::size_t kShown = 160;
  std::vector<Find> found;
  for (const auto& [name, form] : forms_) {
    const std::size_t at = text.find(form);
    if (at == std::string_view::npos) continue;
    const std::size_t begin = at - std::min(at, kShown);
    found.push_back({name, std::string(text.substr(begin, at - begin))});
  }
  return found;
}

std::vector<Trace> FilesBelow(const std::filesystem::path& directory) {
  std::vector<Trace> traces;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) traces.push_back({entry.path().string(), ReadWholeFile(entry.path())});
  }
  return traces;
}

std::vector<std::string> Hits(const std::vector<Canary>& canaries, const std::vector<Trace>& traces) {
  std::vector<std::string> hits;
  for (const Trace& trace : traces) {
    for (const Canary& canary : canaries) {
      for (const Canary::Find& find : canary.FoundIn(trace.text)) {
        hits.push_back(fmt::format("{}: {} {} behind \"{}\"", trace.where, canary.core(), find.form, find.before));
      }
    }
  }
  return hits;
}

}  // namespace wsfleet::testing
