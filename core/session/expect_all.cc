#include "core/session/expect_all.h"

#include <algorithm>
#include <utility>

#include "core/session/findings.h"
#include "fmt/format.h"

namespace wsfleet {

absl::StatusOr<std::unique_ptr<Expectation>> ExpectAll::Make(MessagesPlan plan, const Anchor& anchor,
                                                             CaptureScope& scope) {
  for (AwaitedMessage& message : plan.messages) {
    if (absl::Status bound = Bind(message, scope); !bound.ok()) return bound;
  }
  return std::unique_ptr<Expectation>(new ExpectAll(std::move(plan), anchor, scope));
}

SteadyTime ExpectAll::deadline() const {
  if (complete()) {
    return plan_.unique.after_last_match ? last_match_ + *plan_.unique.after_last_match : plan_.deadline;
  }
  SteadyTime next = SteadyTime::Infinite();
  for (const AwaitedMessage& message : plan_.messages) {
    if (message.deadline > passed_) next = std::min(next, message.deadline);
  }
  return next;
}

void ExpectAll::OnFrame(const ReceivedFrame& frame, Inbox& inbox) {
  std::optional<std::size_t> selected_by;
  std::vector<std::size_t> could_be;
  std::vector<std::size_t> accepted_as;
  for (std::size_t i = 0; i < plan_.messages.size(); ++i) {
    const AwaitedMessage& message = plan_.messages[i];
    if (!Selects(message.match, frame)) continue;
    if (!selected_by) selected_by = i;
    if (frame.at > message.deadline) continue;
    could_be.push_back(i);
    if (!Complain(message, frame, anchor(), plan_.since)) accepted_as.push_back(i);
  }
  if (could_be.empty() || !selected_.Add(frame.number, could_be)) {
    // Whatever comes, this frame is one too many of its kind.
    if (selected_by && plan_.unique.wanted) FailDuplicate(*selected_by, frame);
    return;
  }
  if (!accepted_.Add(frame.number, accepted_as)) return FailComplaint(frame, could_be);
  last_match_ = frame.at;
  const std::uint64_t number = frame.number;
  taken_.emplace(number, *inbox.Take(number));
  if (complete() && !plan_.unique.wanted) Conclude();
}

bool ExpectAll::Remembers(const ReceivedFrame& frame) const {
  return std::ranges::any_of(plan_.messages,
                             [&](const AwaitedMessage& message) { return Matches(message.match, frame.payload); });
}

void ExpectAll::Conclude() {
  for (std::size_t i = 0; i < plan_.messages.size(); ++i) {
    SetCaptures(plan_.messages[i], taken_.at(*accepted_.frame_of(i)), scope_);
  }
  if (plan_.unique.wanted) return HoldUnlessOpen(MatchedIn(accepted_));
  Hold(MatchedIn(accepted_));
}

std::vector<MatchedMessage> ExpectAll::MatchedIn(const Assignment& assignment) const {
  std::vector<MatchedMessage> out;
  for (std::size_t i = 0; i < plan_.messages.size(); ++i) {
    const std::optional<std::uint64_t> frame = assignment.frame_of(i);
    if (frame && taken_.contains(*frame)) out.push_back(Matched(plan_.messages[i], taken_.at(*frame), anchor()));
  }
  return out;
}

void ExpectAll::FailDuplicate(std::size_t message, const ReceivedFrame& frame) {
  const AwaitedMessage& twice = plan_.messages[message];
  Failure failure =
      MessageFailure(FailureClass::kEventDuplicate, fmt::format("{} came more than once", twice.description), twice);
  failure.notes.push_back({"duplicate", DescribeFrame(frame, anchor())});
  std::vector<MatchedMessage> matched = MatchedIn(accepted_);
  NoteMatched(matched, failure);
  Fail(std::move(failure), std::move(matched));
}

void ExpectAll::FailComplaint(const ReceivedFrame& frame, const std::vector<std::size_t>& could_be) {
  // From the assignment without complaints, the one path to a place for the new frame: the complaints on it are real.
  Assignment mixed = accepted_;
  for (const auto& [number, messages] : selected_.frames()) {
    if (number != frame.number) mixed.Add(number, messages);
  }
  mixed.Add(frame.number, could_be);
  std::vector<MatchedMessage> matched = MatchedIn(accepted_);
  for (std::size_t i = 0; i < plan_.messages.size(); ++i) {
    const std::optional<std::uint64_t> number = mixed.frame_of(i);
    if (!number) continue;
    const ReceivedFrame& judged = *number == frame.number ? frame : taken_.at(*number);
    const std::optional<Complaint> complaint = Complain(plan_.messages[i], judged, anchor(), plan_.since);
    if (!complaint) continue;
    Failure failure = ComplaintFailure(*complaint, plan_.messages[i], judged, anchor());
    NoteMatched(matched, failure);
    return FailUnlessOpen(std::move(failure), std::move(matched));
  }
}

Assignment ExpectAll::AssignDue(SteadyTime until) const {
  Assignment due(plan_.messages.size());
  // Those that were in time at the deadlines before keep a frame: a message that is matched stays so.
  for (const SteadyTime limit : {passed_, until}) {
    for (const auto& [number, messages] : accepted_.frames()) {
      std::vector<std::size_t> could_be = messages;
      std::erase_if(could_be, [&](std::size_t i) { return plan_.messages[i].deadline > limit; });
      if (!could_be.empty()) due.Add(number, could_be);
    }
  }
  return due;
}

void ExpectAll::OnDeadline(Inbox& inbox) {
  if (complete()) return Conclude();
  // Frames of the messages that may still come could serve those whose time is over.
  const SteadyTime until = deadline();
  Assignment due = AssignDue(until);
  passed_ = until;
  for (std::size_t i = 0; i < plan_.messages.size(); ++i) {
    if (plan_.messages[i].deadline <= passed_ && !due.frame_of(i)) return FailMissing(i, std::move(due), inbox);
  }
}

void ExpectAll::FailMissing(std::size_t message, Assignment without_it, Inbox& inbox) {
  for (const auto& [number, messages] : accepted_.frames()) without_it.Add(number, messages);
  std::vector<MatchedMessage> matched = MatchedIn(without_it);
  Failure failure = MissingFailure(plan_.messages[message], plan_.since);
  NoteMatched(matched, failure);
  NoteWhatCame(plan_.messages[message], {}, inbox, anchor(), failure);
  FailUnlessOpen(std::move(failure), std::move(matched));
}

void ExpectAll::OnEnd(const ConnectionEnd& end, Inbox&) {
  // Nothing can come twice any more.
  if (complete()) return Conclude();
  std::size_t missing = 0;
  while (accepted_.frame_of(missing)) ++missing;
  const AwaitedMessage& message = plan_.messages[missing];
  Failure failure = CloseFailure(end, fmt::format("while waiting for {}", message.description));
  failure.range = message.spec->range;
  failure.step = message.spec->name;
  std::vector<MatchedMessage> matched = MatchedIn(accepted_);
  NoteMatched(matched, failure);
  FailUnlessOpen(std::move(failure), std::move(matched));
}

}  // namespace wsfleet
