#include "core/session/expect_sequence.h"

#include <memory>
#include <utility>

#include "core/session/findings.h"
#include "core/session/presence.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

// "came in another order: filled (frame 3), accepted (frame 5)".
Failure OrderFailure(const Presence& presence, const AwaitedMessage& waited_for) {
  std::string text = "came in another order: ";
  bool first = true;
  for (const auto& [frame, name] : presence.order) {
    text += fmt::format("{}{} (frame {})", first ? "" : ", ", name, frame);
    first = false;
  }
  return MessageFailure(FailureClass::kEventOrder, std::move(text), waited_for);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Expectation>> ExpectSequence::Make(MessagesPlan plan, const Anchor& anchor,
                                                                  CaptureScope& scope) {
  if (absl::Status bound = Bind(plan.messages.front(), scope); !bound.ok()) return bound;
  return std::unique_ptr<Expectation>(new ExpectSequence(std::move(plan), anchor, scope));
}

SteadyTime ExpectSequence::deadline() const {
  if (!complete()) return plan_.messages[next_].deadline;
  return plan_.unique.after_last_match ? taken_.back().at + *plan_.unique.after_last_match : plan_.deadline;
}

void ExpectSequence::OnFrame(const ReceivedFrame& frame, Inbox& inbox) {
  if (!complete() && Selects(plan_.messages[next_].match, frame)) return Accept(frame, inbox);
  if (plan_.unique.wanted) {
    if (const std::optional<std::size_t> message = DuplicateOf(frame)) return FailDuplicate(*message, frame);
  }
  if (plan_.strict && next_ > 0 && !complete() && !IsControl(frame.payload.opcode())) {
    const AwaitedMessage& message = plan_.messages[next_];
    Failure failure = MessageFailure(FailureClass::kEventOrder,
                                     fmt::format("frame {} came between {} and {}", frame.number,
                                                 plan_.messages[next_ - 1].description, message.description),
                                     message);
    failure.notes.push_back({"between", DescribeFrame(frame, anchor())});
    FailWithNotes(std::move(failure));
  }
}

bool ExpectSequence::Remembers(const ReceivedFrame& frame) const {
  if (complete()) return plan_.unique.wanted;
  if (early_.empty()) {
    for (AwaitedMessage message : plan_.messages) {
      const bool bound = Bind(message, scope_).ok();
      early_.push_back(bound ? std::optional(std::move(message.match)) : std::nullopt);
    }
  }
  // A frame that a later message selects tells a wrong order from a missing message.
  for (std::size_t i = next_; i < plan_.messages.size(); ++i) {
    if (!early_[i] || Matches(*early_[i], frame.payload)) return true;
  }
  return false;
}

void ExpectSequence::Accept(const ReceivedFrame& frame, Inbox& inbox) {
  const AwaitedMessage& message = plan_.messages[next_];
  if (const std::optional<Complaint> complaint = Complain(message, frame, anchor(), plan_.since)) {
    return FailWithNotes(ComplaintFailure(*complaint, message, frame, anchor()));
  }
  taken_.push_back(*inbox.Take(frame.number));
  matched_.push_back(Matched(message, taken_.back(), anchor()));
  SetCaptures(message, taken_.back(), scope_);
  ++next_;
  Advance(inbox);
}

void ExpectSequence::Advance(Inbox& inbox) {
  if (plan_.unique.wanted) {
    // Frames that came before the matched one were not compared with its selector, which may use their captures.
    const AwaitedMessage& message = plan_.messages[next_ - 1];
    for (const ReceivedFrame& frame : inbox.frames()) {
      if (frame.number > taken_.back().number) break;
      if (InWindow(frame) && Selects(message.match, frame)) return FailDuplicate(next_ - 1, frame);
    }
  }
  if (!complete()) {
    if (const absl::Status bound = Bind(plan_.messages[next_], scope_); !bound.ok()) {
      Failure failure = ConfigFailure(bound);
      failure.range = plan_.messages[next_].spec->range;
      FailWithNotes(std::move(failure));
    }
    return;
  }
  if (!plan_.unique.wanted) Hold(matched_);
}

std::optional<std::size_t> ExpectSequence::DuplicateOf(const ReceivedFrame& frame) {
  for (std::size_t i = 0; i < next_; ++i) {
    if (Selects(plan_.messages[i].match, frame)) return i;
  }
  return std::nullopt;
}

void ExpectSequence::FailDuplicate(std::size_t message, const ReceivedFrame& frame) {
  const AwaitedMessage& twice = plan_.messages[message];
  Failure failure =
      MessageFailure(FailureClass::kEventDuplicate, fmt::format("{} came more than once", twice.description), twice);
  failure.notes.push_back({"duplicate", DescribeFrame(frame, anchor())});
  NoteMatched(matched_, failure);
  Fail(std::move(failure), matched_);
}

void ExpectSequence::OnDeadline(Inbox& inbox) {
  if (complete()) return HoldUnlessOpen(matched_);
  const Presence presence =
      LookForAll(plan_.messages, next_, plan_.messages[next_].deadline, taken_, inbox, anchor(), scope_);
  if (!presence.missing) return FailWithNotes(OrderFailure(presence, plan_.messages[next_]));
  const AwaitedMessage& missing = *presence.missing;
  Failure failure = MissingFailure(missing, plan_.since);
  NoteMatched(matched_, failure);
  NoteWhatCame(missing, presence.came_after, inbox, anchor(), failure);
  FailUnlessOpen(std::move(failure), matched_);
}

void ExpectSequence::OnEnd(const ConnectionEnd& end, Inbox& inbox) {
  // Nothing can come twice any more.
  if (complete()) return HoldUnlessOpen(matched_);
  const Presence presence = LookForAll(plan_.messages, next_, SteadyTime::Infinite(), taken_, inbox, anchor(), scope_);
  const AwaitedMessage& message = plan_.messages[next_];
  if (!presence.missing) return FailWithNotes(OrderFailure(presence, message));
  Failure failure = CloseFailure(end, fmt::format("while waiting for {}", message.description));
  failure.range = message.spec->range;
  failure.step = message.spec->name;
  FailWithNotes(std::move(failure));
}

void ExpectSequence::FailWithNotes(Failure failure) {
  NoteMatched(matched_, failure);
  FailUnlessOpen(std::move(failure), matched_);
}

}  // namespace wsfleet
