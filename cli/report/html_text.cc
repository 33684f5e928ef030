#include "cli/report/html_text.h"

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
std::string HtmlText(std::string_view text, std::size_t max_bytes) {
  const std::string cut = Excerpt(text, max_bytes);
  const std::string clean = IsValidUtf8(cut) ? cut : Printable(cut);
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
        out += (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F ? '?' : c;
    }
  }
  return out;
}

std::string HtmlOutcome(Outcome outcome, bool flaky) {
  return fmt::format(R"(<span class="{0}"><span aria-hidden="true">{1}</span> {0}{2}</span>)", OutcomeName(outcome),
                     OutcomeMark(outcome), flaky ? " (flaky)" : "");
}

}  // namespace wsfleet::cli
