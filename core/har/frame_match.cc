#include "core/har/frame_match.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/ascii.h"
#include "boost/json/value.hpp"
#include "core/har/secrets.h"
#include "core/har/yaml_text.h"
#include "core/scenario/fields.h"
#include "core/value/json_parse.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxWordBytes = 60;
constexpr std::size_t kMaxPrefixBytes = 40;
constexpr std::size_t kMaxTests = 2;
constexpr std::size_t kMaxMembers = 3;
// So many digits in a row are a time or an id; so many letters and digits, a token.
constexpr std::size_t kMaxDigits = 3;
constexpr std::size_t kMaxRun = 24;

// What programs call the kind of a message, the most telling first.
constexpr std::array<std::string_view, 16> kKinds{
    "type", "event",        "op",          "action", "kind",    "method", "cmd",    "command",
    "msg",  "message_type", "messageType", "topic",  "channel", "stream", "status", "name"};

// Where the text begins to look like an id or a token.
std::size_t StablePart(std::string_view text) {
  std::size_t digits = 0, run = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    digits = absl::ascii_isdigit(c) ? digits + 1 : 0;
    run = absl::ascii_isalnum(c) || c == '_' ? run + 1 : 0;
    if (digits > kMaxDigits) return at - kMaxDigits;
    if (run > kMaxRun) return at - kMaxRun;
  }
  return text.size();
}

// A word that a program wrote and that is the same next time.
bool IsStableWord(std::string_view text) {
  if (text.empty() || text.size() > kMaxWordBytes || FindSecret(text) != std::string_view::npos) return false;
  if (HoldsOpaqueWord(text)) return false;
  if (!absl::ascii_isalpha(static_cast<unsigned char>(text.front()))) return false;
  for (const char c : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) &&
        std::string_view("_.:/-").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return StablePart(text) == text.size();
}

std::string_view StableWord(const json::value& value) {
  const json::string* text = value.if_string();
  const std::string_view word = text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
  return IsStableWord(word) ? word : std::string_view();
}

class SelectorText {
 public:
  void Add(std::string_view path, std::string_view predicate) {
    text_ += fmt::format("{}{}: {}", tests_++ == 0 ? "" : ", ", YamlText(path), predicate);
  }
  std::size_t tests() const { return tests_; }
  std::string Take() { return "{" + text_ + "}"; }

 private:
  std::string text_;
  std::size_t tests_ = 0;
};

std::string MatchOfObject(const json::object& object) {
  SelectorText selector;
  for (const std::string_view kind : kKinds) {
    const json::value* member = object.if_contains({kind.data(), kind.size()});
    const std::string_view word = member == nullptr ? std::string_view() : StableWord(*member);
    // A name says little beside a type.
    if (word.empty() || selector.tests() == kMaxTests || (selector.tests() > 0 && kind == "name")) continue;
    selector.Add(fmt::format("$.{}", kind), YamlText(word));
  }
  if (selector.tests() > 0) return selector.Take();
  for (const auto& member : object) {
    const std::string_view key(member.key().data(), member.key().size());
    const bool stable = IsLanguageIdentifier(key) && IsStableWord(key);
    if (stable && selector.tests() < kMaxMembers) selector.Add(fmt::format("$.{}", key), "{exists: true}");
  }
  if (selector.tests() == 0) selector.Add("$", "{type: object}");
  return selector.Take();
}

std::string MatchOfArray(const json::array& array) {
  SelectorText selector;
  for (std::size_t i = 0; i < array.size() && selector.tests() < kMaxTests; ++i) {
    const std::string_view word = StableWord(array[i]);
    if (!word.empty()) selector.Add(fmt::format("$[{}]", i), YamlText(word));
  }
  if (selector.tests() == 0) selector.Add("$", "{type: array}");
  return selector.Take();
}

std::string MatchOfText(std::string_view text) {
  if (text.empty()) return "{text: \"\"}";
  std::string_view prefix = text.substr(0, std::min(StablePart(text), FindSecret(text)));
  if (prefix.size() > kMaxPrefixBytes) {
    std::size_t end = kMaxPrefixBytes;
    while (end > 0 && (static_cast<unsigned char>(prefix[end]) & 0xC0) == 0x80) --end;
    prefix = prefix.substr(0, end);
  }
  if (prefix.size() < 2) return "{opcode: text}";
  return fmt::format("{{text: {{contains: {}}}}}", YamlText(EscapeTemplates(prefix)));
}

}  // namespace

std::string MatchOf(const RecordedMessage& message) {
  if (message.kind == RecordedMessage::Kind::kBinary) return "{opcode: binary}";
  json::error_code error;
  const json::value value = ParseJson(message.data, error);
  if (!error && value.is_object()) return MatchOfObject(value.get_object());
  if (!error && value.is_array()) return MatchOfArray(value.get_array());
  return MatchOfText(message.data);
}

}  // namespace wsfleet
