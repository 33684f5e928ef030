#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/json/value.hpp"
#include "core/match/json_path.h"
#include "core/match/predicate.h"

namespace wsfleet {

enum class Opcode { kText, kBinary, kPing, kPong };
std::string_view OpcodeName(Opcode opcode);
// A ping or a pong; close frames are never looked at as messages.
bool IsControl(Opcode opcode);

// What a selector looks at: a frame's payload or an HTTP body. Owns its bytes; the JSON tree is parsed when first
// asked for, once. Not thread-safe.
class Payload {
 public:
  Payload() = default;
  Payload(Opcode opcode, std::string bytes) : opcode_(opcode), bytes_(std::move(bytes)) {}

  Opcode opcode() const { return opcode_; }
  const std::string& bytes() const { return bytes_; }
  // That it takes, with the tree that json() would keep.
  std::size_t held_bytes() const;
  // Null if the bytes are not one JSON text, or are nested deeper than JsonPath::kMaxDepth.
  const boost::json::value* json() const;
  // Of a payload without json(): it is nested too deep, so that nobody knows what it says.
  bool too_deep() const { return json() == nullptr && too_deep_; }
  // A number of these parts of json() that is held as another one (json_numbers.h), as it is written; empty if there
  // is none.
  std::string_view rounded_number(std::span<const boost::json::value* const> parts) const;

 private:
  Opcode opcode_ = Opcode::kText;
  std::string bytes_;
  mutable bool parsed_ = false;
  mutable bool too_deep_ = false;
  mutable std::optional<boost::json::value> json_;
};

// Which frame is meant: entries that must all hold.
struct Selector {
  enum class Subject { kJson, kText, kHex, kOpcode };
  struct Entry {
    Subject subject = Subject::kJson;
    JsonPath path;  // kJson
    Predicate predicate;
    SourceRange range;  // of the entry's key
    std::string key;    // as written
  };
  std::vector<Entry> entries;

  // True if an entry names an opcode: only such a selector sees pings and pongs.
  bool asks_for_opcode() const;
};

absl::StatusOr<Selector> Bind(const Selector& selector, const Scope& scope);
// kOpen: it goes beyond a limit of the language (depth, nodes of a path, tests of a schema, numbers that are equal only
// when they are rounded). What is open may be taken
// neither for a match nor for the lack of one.
enum class Selected { kNo, kYes, kOpen };
// Whether every entry holds for the payload. A ping or pong needs a selector that asks for an opcode. `limit`: of
// kOpen, which one it was; may be null.
Selected Select(const Selector& selector, const Payload& payload, std::string* limit);
inline bool Matches(const Selector& selector, const Payload& payload) {
  return Select(selector, payload, nullptr) == Selected::kYes;
}

// The entries that do not hold, with the reason for people: those that are open behind the others. Used for `nearest`
// and for assertions.
struct Mismatch {
  const Selector::Entry* entry = nullptr;
  std::string explanation;
  bool is_open = false;
};
std::vector<Mismatch> Mismatches(const Selector& selector, const Payload& payload);

// Where a capture reads its value (`$.path`, `regex:…`, `header:NAME`, `cookie:NAME`).
struct CaptureSource {
  enum class Kind { kJsonPath, kRegex, kHeader, kCookie };
  Kind kind = Kind::kJsonPath;
  JsonPath path;
  std::shared_ptr<const re2::RE2> regex;
  std::string name;  // of header or cookie
  SourceRange range;
};
struct Capture {
  std::string variable;
  CaptureSource source;
};

struct HeaderField {
  std::string name;
  std::string value;
  friend bool operator==(const HeaderField&, const HeaderField&) = default;
};

// Exactly one value, or NotFound that says what was found instead; OutOfRange if a limit of the language leaves it
// open. `headers` is empty for frames; a header that came more than once is joined with ", ".
absl::StatusOr<boost::json::value> ReadCapture(const CaptureSource& source, const Payload& payload,
                                               std::span<const HeaderField> headers);

}  // namespace wsfleet
