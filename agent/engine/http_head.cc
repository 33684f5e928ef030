#include "agent/engine/http_head.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "core/base/text.h"
#include "core/scenario/request_names.h"
#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

// The library that writes them takes 64 KiB of one field, and servers take less of all.
constexpr std::size_t kMaxFields = 60 * 1024;

std::string_view Trim(std::string_view text) { return ToStd(absl::StripAsciiWhitespace(ToAbsl(text))); }

}  // namespace

const std::string* HttpHead::Find(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [&](const HeaderField& field) { return absl::EqualsIgnoreCase(ToAbsl(field.name), ToAbsl(name)); });
  return found == headers.end() ? nullptr : &found->value;
}

std::vector<boost::json::value> HttpHead::All(std::string_view name) const {
  std::vector<boost::json::value> values;
  for (const HeaderField& field : headers) {
    if (absl::EqualsIgnoreCase(ToAbsl(field.name), ToAbsl(name))) values.emplace_back(field.value);
  }
  return values;
}

std::optional<HttpHead> ParseHead(std::string_view raw) {
  const std::size_t end = raw.find("\r\n\r\n");
  if (end == std::string_view::npos || !raw.starts_with("HTTP/1.")) return std::nullopt;
  HttpHead head;
  head.bytes = end + 4;
  std::string_view rest = raw.substr(0, end + 2);
  const std::size_t line_end = rest.find("\r\n");
  const std::string_view line = rest.substr(0, line_end);
  rest.remove_prefix(line_end + 2);
  // Three digits, then a blank or nothing.
  if (line.size() < 12 || line[8] != ' ' || (line.size() > 12 && line[12] != ' ')) return std::nullopt;
  const auto [digits, error] = std::from_chars(line.data() + 9, line.data() + 12, head.status);
  if (error != std::errc() || digits != line.data() + 12 || head.status < 100) return std::nullopt;
  head.reason = std::string(Trim(line.substr(12)));
  while (!rest.empty()) {
    const std::size_t field_end = rest.find("\r\n");
    const std::string_view field = rest.substr(0, field_end);
    rest.remove_prefix(field_end + 2);
    const std::size_t colon = field.find(':');
    // RFC 9110, 5.5: these two are dangerous in a value. (A line feed alone does not get here.)
    const bool is_field = colon != std::string_view::npos && IsToken(field.substr(0, colon)) &&
                          field.find_first_of(std::string_view("\0\r", 2)) == std::string_view::npos;
    if (!is_field && head.wrong.empty()) head.wrong = Excerpt(Printable(field), 80);
    if (colon == std::string_view::npos) continue;
    head.headers.push_back({std::string(field.substr(0, colon)), std::string(Trim(field.substr(colon + 1)))});
  }
  return head;
}

FailureClass ClassOfRefusal(std::uint32_t status) {
  if (status == 401 || status == 403) return FailureClass::kAuth;
  if (status >= 400 && status < 500) return FailureClass::kUpgradeRefused4xx;
  if (status >= 500 && status < 600) return FailureClass::kUpgradeRefused5xx;
  return FailureClass::kNotAWebSocket;
}

absl::Status CheckFields(const std::vector<HeaderField>& fields) {
  const auto is_control = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; };
  std::size_t bytes = 0;
  for (const HeaderField& field : fields) {
    bytes += field.name.size() + field.value.size() + 4;
    if (bytes > kMaxFields) {
      return absl::InvalidArgumentError(fmt::format("headers: expected at most {} bytes in all, found more from {} on",
                                                    kMaxFields, Excerpt(field.name, 80)));
    }
    if (!IsToken(field.name)) {
      return absl::InvalidArgumentError(fmt::format("\"{}\" is no name of a header", Printable(field.name)));
    }
    if (std::ranges::any_of(field.value, is_control)) {
      return absl::InvalidArgumentError(
          fmt::format("header {}: a value may not hold a line end or another control character", field.name));
    }
  }
  return absl::OkStatus();
}

std::string CheckSwitch(const HttpHead& head, const std::vector<std::string>& offered) {
  if (!head.wrong.empty())
    return fmt::format("a line of the answer is no header field (RFC 9112, 5): \"{}\"", head.wrong);
  if (head.Find("transfer-encoding") != nullptr) return "the answer has a Transfer-Encoding (RFC 9112, 6.1)";
  // RFC 6455, 11.3.3 and 11.3.4.
  for (const char* name : {"sec-websocket-accept", "sec-websocket-protocol"}) {
    const auto same = [&](const HeaderField& field) { return absl::EqualsIgnoreCase(ToAbsl(field.name), name); };
    if (std::ranges::count_if(head.headers, same) > 1) return fmt::format("the answer has {} twice", name);
  }
  if (const std::string* subprotocol = head.Find("sec-websocket-protocol")) {
    if (std::ranges::find(offered, *subprotocol) == offered.end()) {
      return fmt::format("the answer names the subprotocol \"{}\", which was not offered", *subprotocol);
    }
  }
  return {};
}

}  // namespace wsfleet::engine
