#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/session/expectation.h"

namespace wsfleet {

// A message that a step waits for, with its templates filled in and its deadline known.
struct AwaitedMessage {
  // The description of one that its step waits for alone, and that has no name.
  static constexpr std::string_view kAlone = "a matching frame";

  const Message* spec = nullptr;
  std::string name;         // or its position, from "1"
  std::string description;  // for sentences: "`filled`", "message 2 of 5", "a matching frame"
  absl::Duration within;
  SteadyTime deadline;
  Selector match;                     // after Bind
  std::optional<Selector> assertion;  // after Bind
};

// One for each of `messages`, not yet bound. A message's own `within` goes over the step's.
std::vector<AwaitedMessage> Await(std::span<const Message> messages, const Anchor& anchor, absl::Duration within);

absl::Status Bind(AwaitedMessage& message, const Scope& scope);

// Why a frame that was selected as this message is a failure: an assertion that does not hold, a capture that finds
// nothing (`config` where a limit of the language leaves this open), or an arrival after `max_time`, in this order.
struct Complaint {
  FailureClass failure_class = FailureClass::kNone;
  std::string text;
  SourceRange range;
};
std::optional<Complaint> Complain(const AwaitedMessage& message, const ReceivedFrame& frame, const Anchor& anchor,
                                  std::string_view since);

// Of a capture that gave no value: the target's failure, or our limit.
FailureClass ClassOfCapture(const absl::Status& status);

// Sets the captures that find a value, which is all of them if there is no complaint.
void SetCaptures(const AwaitedMessage& message, const ReceivedFrame& frame, CaptureScope& scope);

// A frame that was there before the clock began has latency zero.
MatchedMessage Matched(const AwaitedMessage& message, const ReceivedFrame& frame, const Anchor& anchor);

}  // namespace wsfleet
