#include "core/har/recording.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "boost/json/parser.hpp"
#include "boost/json/value.hpp"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

namespace json = boost::json;

// Chrome writes the call stack of each request, a level for each asynchronous call.
constexpr std::size_t kMaxJsonDepth = 500;
constexpr std::string_view kHowToRecord =
    "open the browser's developer tools on the Network panel, load the page so that it connects, then \"Save all as "
    "HAR with content\"";

// Null if `value` is no object or has no such member.
const json::value* Member(const json::value& value, std::string_view name) {
  const json::object* object = value.if_object();
  return object == nullptr ? nullptr : object->if_contains({name.data(), name.size()});
}

std::string TextOf(const json::value& value, std::string_view name) {
  const json::value* member = Member(value, name);
  const json::string* text = member == nullptr ? nullptr : member->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

double NumberOf(const json::value& value, std::string_view name) {
  const json::value* member = Member(value, name);
  return member != nullptr && member->is_number() ? member->to_number<double>() : 0;
}

const json::array* ArrayOf(const json::value& value, std::string_view name) {
  const json::value* member = Member(value, name);
  return member == nullptr ? nullptr : member->if_array();
}

std::vector<std::pair<std::string, std::string>> HeadersOf(const json::value* message) {
  std::vector<std::pair<std::string, std::string>> out;
  const json::array* headers = message == nullptr ? nullptr : ArrayOf(*message, "headers");
  if (headers == nullptr) return out;
  for (const json::value& header : *headers) out.emplace_back(TextOf(header, "name"), TextOf(header, "value"));
  return out;
}

void AddMessage(const json::value& recorded, RecordedConnection& connection) {
  constexpr double kText = 1, kBinary = 2;  // RFC 6455, 5.2
  const std::string type = TextOf(recorded, "type");
  const double opcode = NumberOf(recorded, "opcode");
  if ((type != "send" && type != "receive") || (opcode != kText && opcode != kBinary)) {
    ++connection.other_frames;
    return;
  }
  RecordedMessage& message = connection.messages.emplace_back();
  message.sent = type == "send";
  message.kind = opcode == kBinary ? RecordedMessage::Kind::kBinary : RecordedMessage::Kind::kText;
  message.seconds = NumberOf(recorded, "time");
  message.data = TextOf(recorded, "data");
}

bool IsWebSocketUrl(std::string_view url) {
  return absl::StartsWithIgnoreCase(ToAbsl(url), "ws://") || absl::StartsWithIgnoreCase(ToAbsl(url), "wss://");
}

absl::StatusOr<json::value> ParseJson(std::string_view file, std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::parser parser({}, options);
  json::error_code error;
  const std::size_t taken = parser.write_some(text.data(), text.size(), error);
  const std::string_view rest = text.substr(std::min(taken, text.size()));
  const bool more = rest.find_first_not_of(" \t\r\n") != std::string_view::npos;
  if (!error && !more) return parser.release();
  const std::string_view before = text.substr(0, taken);
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t column = taken - (before.rfind('\n') + 1) + 1;  // in the first line: npos + 1
  return absl::InvalidArgumentError(fmt::format("{}:{}:{}: not JSON: {}; expected an HTTP archive (.har)", file, line,
                                                column, error ? error.message() : "there is more behind the value"));
}

}  // namespace

absl::StatusOr<std::vector<RecordedConnection>> ReadHar(std::string_view file, std::string_view text) {
  if (text.size() > kMaxHarBytes) {
    return absl::InvalidArgumentError(
        fmt::format("{}: the archive is {:.1f} MiB; the limit is 64 MiB: record less, or only the WebSocket requests",
                    file, static_cast<double>(text.size()) / (1 << 20)));
  }
  const auto archive = ParseJson(file, text);
  if (!archive.ok()) return archive.status();
  const json::value* log = Member(*archive, "log");
  const json::array* entries = log == nullptr ? nullptr : ArrayOf(*log, "entries");
  if (entries == nullptr) {
    return absl::InvalidArgumentError(
        fmt::format("{}: this is JSON, but no HTTP archive: log.entries is missing; {}", file, kHowToRecord));
  }
  std::vector<RecordedConnection> connections;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const json::value& entry = (*entries)[i];
    const json::value* request = Member(entry, "request");
    const json::array* messages = ArrayOf(entry, "_webSocketMessages");
    std::string url = request == nullptr ? std::string() : TextOf(*request, "url");
    if ((messages == nullptr || messages->empty()) && !IsWebSocketUrl(url)) continue;
    RecordedConnection& connection = connections.emplace_back();
    connection.entry = i + 1;
    connection.url = std::move(url);
    connection.request_headers = HeadersOf(request);
    if (const json::value* response = Member(entry, "response")) {
      connection.status = static_cast<int>(std::clamp(NumberOf(*response, "status"), 0.0, 999.0));
      for (auto& [name, value] : HeadersOf(response)) {
        if (absl::EqualsIgnoreCase(name, "Sec-WebSocket-Protocol")) connection.chosen_subprotocol = std::move(value);
      }
    }
    if (messages == nullptr) continue;
    for (const json::value& message : *messages) AddMessage(message, connection);
  }
  if (connections.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: none of its {} requests is a WebSocket; {}", file, entries->size(), kHowToRecord));
  }
  return connections;
}

}  // namespace wsfleet
