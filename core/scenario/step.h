#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "core/match/selector.h"
#include "core/scenario/connection.h"
#include "core/scenario/http_request.h"
#include "core/value/template.h"
#include "core/verdict/taxonomy.h"

// The steps of a scenario after parsing: every default is filled in except those that depend on the step's place
// (`within` falls back to Suite::defaults when the plan is resolved, so it is always set in a Plan).
namespace wsfleet {

// One accepted way of being refused.
struct Refusal {
  HttpExpect answer;  // tests of the HTTP answer; all empty if none was asked for
  std::optional<Predicate> close;
  std::optional<Predicate> reason;
  std::optional<FailureClass> failure_class;
};

struct ConnectStep {
  std::string as = "main";
  ConnectionSpec connection;
  std::optional<absl::Duration> within;
  std::optional<absl::Duration> max_time;
  std::optional<ConnectExpect> expect;
  std::vector<Refusal> refused;  // empty: it must be accepted; more than one: any of them
};

struct ReconnectStep {
  std::uint32_t attempts = 1;
  absl::Duration backoff = absl::Milliseconds(200);
  std::vector<std::pair<std::string, Template>> headers;
  std::vector<std::pair<std::string, Template>> query;
  std::optional<absl::Duration> within;
};

struct SendStep {
  enum class Kind { kJson, kText, kHex, kBase64, kFile };
  Kind kind = Kind::kText;
  TemplateValue json;  // kJson
  Template text;       // kText
  std::string bytes;   // kHex, kBase64: decoded; kFile: the content
  std::string file;    // kFile: path in the bundle
  enum class Frame { kText, kBinary, kPong };
  Frame frame = Frame::kText;
  std::uint32_t fragments = 1;
  std::vector<Capture> capture;
};

// One awaited message; the element of expect, expect_seq and expect_all.
struct Message {
  std::string name;
  Selector match;
  std::optional<Selector> assertion;
  std::vector<Capture> capture;
  std::optional<absl::Duration> within;
  std::optional<absl::Duration> max_time;
  SourceRange range;           // of the message
  SourceRange max_time_range;  // of its value, if there is one
};

struct ExpectStep {
  Message message;
  std::string since;  // id of an earlier step; empty: the whole inbox, clock from the end of the step before
};

// `unique`: false; true (until `within` ends); or so long after the last match.
struct Unique {
  bool wanted = false;
  std::optional<absl::Duration> after_last_match;
};

struct ExpectManyStep {
  enum class Order { kSequence, kAny };
  Order order = Order::kSequence;
  bool strict = false;  // kSequence only
  std::vector<Message> messages;
  Unique unique;
  std::optional<absl::Duration> within;
  std::string since;
};

struct ExpectNoneStep {
  Selector match;
  absl::Duration duration;  // `for`
  std::string since;
};

struct ExpectCloseStep {
  std::optional<Predicate> code;
  std::optional<Predicate> reason;
  std::optional<absl::Duration> within;
  std::string since;
};

struct PingStep {
  std::optional<absl::Duration> within;
  std::optional<absl::Duration> max_time;
};

struct CloseStep {
  std::uint16_t code = 1000;
  Template reason;
};

struct DropStep {};

struct WaitStep {
  absl::Duration duration;
};

struct Step;

struct RepeatStep {
  std::optional<std::uint64_t> times;
  std::optional<absl::Duration> duration;  // `for`
  std::optional<absl::Duration> every;
  std::vector<Step> steps;
};

using Action = std::variant<HttpRequest, ConnectStep, ReconnectStep, SendStep, ExpectStep, ExpectManyStep,
                            ExpectNoneStep, ExpectCloseStep, PingStep, CloseStep, DropStep, WaitStep, RepeatStep>;

struct Step {
  std::string id;  // empty if it has none
  std::string via = "main";
  std::string action_name;  // "connect", "expect_seq", …
  Action action;
  SourceRange range;                                             // of the action's key
  SourceRange id_range, via_range, since_range, max_time_range;  // of what is written there, if it is
};

}  // namespace wsfleet
