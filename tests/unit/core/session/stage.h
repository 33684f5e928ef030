#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/session/expectation.h"
#include "fmt/format.h"
#include "tests/unit/core/building.h"
#include "tests/unit/core/session/arrivals.h"

// A connection that tests play frame by frame. The step begins at 0.
namespace wsfleet::testing {

struct Play {
  std::vector<Arrival> arrivals;
  std::optional<ConnectionEnd> end;
  int judged_until = 10'000;
};

using MakeExpectation = std::function<absl::StatusOr<std::unique_ptr<Expectation>>(CaptureScope&)>;

struct Ending {
  Judgement judgement;
  int decided_at = 0;  // when the decision fell, if it was asked after every event
  std::vector<std::uint64_t> consumed;
};

// Of `count` frames that were pushed, the numbers of those that the inbox has no more.
inline std::vector<std::uint64_t> Consumed(std::uint64_t count, const Inbox& inbox) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t number = 1; number <= count; ++number) {
    const ReceivedFrame* frame = inbox.FirstAfter(number - 1);
    if (frame == nullptr || frame->number != number) out.push_back(number);
  }
  return out;
}

// Judges after every event, and whenever a judgement asked for it.
inline Ending PlayStepByStep(const MakeExpectation& make, const Play& play, Variables& scope) {
  Inbox inbox{InboxLimits{}};
  absl::StatusOr<std::unique_ptr<Expectation>> expectation = make(scope);
  EXPECT_TRUE(expectation.ok()) << expectation.status().ToString();
  Ending ending;
  std::size_t next = 0;
  bool begun = false;
  while (true) {
    // The frames that are there before the step begins are not judged one by one.
    SteadyTime now = begun ? ending.judgement.wake_at : At(0);
    while (next < play.arrivals.size() && At(play.arrivals[next].at) <= now) {
      const Arrival& arrival = play.arrivals[next];
      EXPECT_TRUE(inbox.Push({++next, At(arrival.at), Payload(arrival.opcode, arrival.bytes)}));
      if (begun) {
        now = At(arrival.at);
        break;
      }
    }
    if (next == play.arrivals.size() && play.end && play.end->at <= now) {
      inbox.End(*play.end);
      now = std::max(play.end->at, At(0));
    }
    begun = true;
    if (now > At(play.judged_until)) now = At(play.judged_until);
    ending.judgement = (*expectation)->Judge(inbox, now);
    ending.decided_at = static_cast<int>(absl::ToInt64Milliseconds(now - At(0)));
    if (ending.judgement.state != Judgement::State::kPending || now == At(play.judged_until)) break;
  }
  ending.consumed = Consumed(next, inbox);
  return ending;
}

// Judges once, when everything is over.
inline Ending PlayAtOnce(const MakeExpectation& make, const Play& play, Variables& scope) {
  Inbox inbox{InboxLimits{}};
  absl::StatusOr<std::unique_ptr<Expectation>> expectation = make(scope);
  EXPECT_TRUE(expectation.ok()) << expectation.status().ToString();
  std::uint64_t number = 0;
  for (const Arrival& arrival : play.arrivals) {
    EXPECT_TRUE(inbox.Push({++number, At(arrival.at), Payload(arrival.opcode, arrival.bytes)}));
  }
  if (play.end) inbox.End(*play.end);
  Ending ending;
  ending.judgement = (*expectation)->Judge(inbox, At(play.judged_until));
  ending.consumed = Consumed(number, inbox);
  return ending;
}

// "holds a=1 b=3", "event-missing b", "pending".
inline std::string Summary(const Judgement& judgement) {
  if (judgement.state == Judgement::State::kPending) return "pending";
  if (judgement.state == Judgement::State::kFailed) {
    const Failure& failure = *judgement.failure;
    EXPECT_EQ(failure.beyond_limit, failure.failure_class == FailureClass::kConfig);
    const std::pair<FailureClass, std::string_view> names[] = {{FailureClass::kEventMissing, "missing"},
                                                               {FailureClass::kEventOrder, "order"},
                                                               {FailureClass::kEventDuplicate, "duplicate"},
                                                               {FailureClass::kEventForbidden, "forbidden"},
                                                               {FailureClass::kAssertion, "assertion"},
                                                               {FailureClass::kLatency, "latency"},
                                                               {FailureClass::kClose, "close"},
                                                               {FailureClass::kDeadline, "deadline"},
                                                               {FailureClass::kConfig, "config"}};
    for (const auto& [failure_class, name] : names) {
      if (failure_class == failure.failure_class) return fmt::format("{} {}", name, failure.step);
    }
    return "another class";
  }
  std::string out = "holds";
  for (const MatchedMessage& one : judgement.matched) out += fmt::format(" {}={}", one.name, one.frame);
  return out;
}

// Plays it both ways, which must not differ: a verdict may not depend on how frames were batched.
inline Ending PlayBothWays(const MakeExpectation& make, const Play& play) {
  Variables one, other;
  Ending ending = PlayStepByStep(make, play, one);
  const Ending at_once = PlayAtOnce(make, play, other);
  EXPECT_EQ(Summary(ending.judgement), Summary(at_once.judgement));
  EXPECT_EQ(ending.consumed, at_once.consumed);
  return ending;
}

inline Anchor WholeInbox() { return {.whole_inbox = true, .frames_after = At(0), .clock = At(0), .step_began = At(0)}; }
inline Anchor Since() { return {.whole_inbox = false, .frames_after = At(0), .clock = At(0), .step_began = At(0)}; }

inline ConnectionEnd Ends(int at, std::uint16_t code, std::string reason = "") {
  return {.code = code, .reason = std::move(reason), .at = At(at), .asked_for = false};
}

// The text of the note with this label, empty if there is none.
inline std::string NoteOf(const Judgement& judgement, std::string_view label) {
  if (!judgement.failure) return {};
  for (const Note& note : judgement.failure->notes) {
    if (note.label == label) return note.text;
  }
  return {};
}

}  // namespace wsfleet::testing
