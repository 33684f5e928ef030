#include "core/scenario/request_names.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

struct OwnField {
  std::string_view name;
  std::string_view instead;
  bool of_http = false;  // of http steps, too
};
constexpr std::array<OwnField, 9> kOwnFields{
    {{"Content-Length", "it follows from the body", true},
     {"Transfer-Encoding", "it follows from the body", true},
     {"Connection", "the handshake sets it"},
     {"Upgrade", "the handshake sets it"},
     {"Sec-WebSocket-Key", "the handshake sets it"},
     {"Sec-WebSocket-Version", "the handshake sets it"},
     {"Sec-WebSocket-Accept", "only a target sends it"},
     {"Sec-WebSocket-Extensions", "use compress of connect"},
     {"Sec-WebSocket-Protocol", "use subprotocols of connect, or a credential with in: subprotocol"}}};

}  // namespace

bool IsToken(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || kMarks.find(c) != std::string_view::npos;
  });
}

std::string ProblemOfHeader(std::string_view name, RequestKind kind) {
  if (!IsToken(name)) {
    return fmt::format("expected the name of a header (letters, digits and -), found \"{}\"",
                       Excerpt(Printable(name), 60));
  }
  for (const OwnField& field : kOwnFields) {
    if (!absl::EqualsIgnoreCase(ToAbsl(field.name), ToAbsl(name))) continue;
    if (kind == RequestKind::kUpgrade || field.of_http)
      return fmt::format("{} is not set here: {}", name, field.instead);
  }
  return {};
}

}  // namespace wsfleet
