#include "core/session/awaited_message.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/session/findings.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

std::optional<Complaint> ComplainOfAssertion(const AwaitedMessage& message, const ReceivedFrame& frame) {
  if (!message.assertion) return std::nullopt;
  const std::vector<Mismatch> mismatches = Mismatches(*message.assertion, frame.payload);
  if (mismatches.empty()) return std::nullopt;
  const Mismatch& first = mismatches.front();
  std::string text = fmt::format("{}: {}", first.entry->key, first.explanation);
  if (mismatches.size() > 1) text += fmt::format(" (and {} more)", mismatches.size() - 1);
  // Those that are open come last: no other one is wrong.
  const FailureClass failure_class = first.is_open ? FailureClass::kConfig : FailureClass::kAssertion;
  return Complaint{failure_class, std::move(text), first.entry->range};
}

std::optional<Complaint> ComplainOfCapture(const AwaitedMessage& message, const ReceivedFrame& frame) {
  for (const Capture& capture : message.spec->capture) {
    const absl::StatusOr<boost::json::value> value = ReadCapture(capture.source, frame.payload, {});
    if (value.ok()) continue;
    return Complaint{ClassOfCapture(value.status()),
                     fmt::format("capture {}: {}", capture.variable, ToStd(value.status().message())),
                     capture.source.range};
  }
  return std::nullopt;
}

}  // namespace

FailureClass ClassOfCapture(const absl::Status& status) {
  return absl::IsOutOfRange(status) ? FailureClass::kConfig : FailureClass::kAssertion;
}

std::vector<AwaitedMessage> Await(std::span<const Message> messages, const Anchor& anchor, absl::Duration within) {
  std::vector<AwaitedMessage> out;
  out.reserve(messages.size());
  for (const Message& spec : messages) {
    AwaitedMessage message;
    message.spec = &spec;
    const std::string position = std::to_string(out.size() + 1);
    message.name = spec.name.empty() ? position : spec.name;
    if (!spec.name.empty()) {
      message.description = fmt::format("`{}`", spec.name);
    } else {
      message.description = messages.size() == 1 ? std::string(AwaitedMessage::kAlone)
                                                 : fmt::format("message {} of {}", position, messages.size());
    }
    message.within = spec.within.value_or(within);
    message.deadline = anchor.clock + message.within;
    out.push_back(std::move(message));
  }
  return out;
}

absl::Status Bind(AwaitedMessage& message, const Scope& scope) {
  absl::StatusOr<Selector> match = Bind(message.spec->match, scope);
  if (!match.ok()) return match.status();
  message.match = *std::move(match);
  if (!message.spec->assertion) return absl::OkStatus();
  absl::StatusOr<Selector> assertion = Bind(*message.spec->assertion, scope);
  if (!assertion.ok()) return assertion.status();
  message.assertion = *std::move(assertion);
  return absl::OkStatus();
}

std::optional<Complaint> Complain(const AwaitedMessage& message, const ReceivedFrame& frame, const Anchor& anchor,
                                  std::string_view since) {
  if (std::optional<Complaint> wrong = ComplainOfAssertion(message, frame)) return wrong;
  if (std::optional<Complaint> absent = ComplainOfCapture(message, frame)) return absent;
  const std::optional<absl::Duration> max_time = message.spec->max_time;
  if (!max_time || frame.at <= anchor.clock + *max_time) return std::nullopt;
  const std::string took = FormatElapsed(frame.at - anchor.clock);
  const std::string came =
      since.empty() ? fmt::format("came after {}", took) : fmt::format("came {} after `{}`", took, since);
  return Complaint{FailureClass::kLatency, fmt::format("{}, later than max_time {}", came, DurationText(*max_time)),
                   message.spec->range};
}

void SetCaptures(const AwaitedMessage& message, const ReceivedFrame& frame, CaptureScope& scope) {
  for (const Capture& capture : message.spec->capture) {
    absl::StatusOr<boost::json::value> value = ReadCapture(capture.source, frame.payload, {});
    if (value.ok()) scope.Set(capture.variable, *std::move(value));
  }
}

MatchedMessage Matched(const AwaitedMessage& message, const ReceivedFrame& frame, const Anchor& anchor) {
  return {message.name, frame.number, std::max(absl::ZeroDuration(), frame.at - anchor.clock),
          !message.spec->name.empty()};
}

}  // namespace wsfleet
