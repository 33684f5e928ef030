#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "tests/unit/core/session/stage.h"

namespace wsfleet {
namespace {

using testing::Arrivals;
using testing::At;
using testing::Ending;
using testing::Ends;
using testing::Is;
using testing::MakeExpectation;
using testing::NoteOf;
using testing::Play;
using testing::PlayBothWays;
using testing::Since;
using testing::Summary;
using testing::Where;
using testing::WholeInbox;

ExpectNoneStep NoErrorFor(absl::Duration duration) {
  ExpectNoneStep step;
  step.match = Where({{"$.type", Is("\"error\"")}});
  step.duration = duration;
  return step;
}

MakeExpectation MakeAfter(const ExpectNoneStep& step, const Anchor& anchor) {
  return [&step, anchor](CaptureScope& scope) { return ExpectNone(step, anchor, scope); };
}

TEST(ExpectNone, HoldsWhenItsTimeIsOver) {
  const ExpectNoneStep step = NoErrorFor(absl::Milliseconds(100));
  const Ending ending = PlayBothWays(MakeAfter(step, WholeInbox()), {.arrivals = Arrivals("a@5 error@101"), .end = {}});
  EXPECT_EQ(Summary(ending.judgement), "holds");
  EXPECT_EQ(ending.decided_at, 100);
  EXPECT_TRUE(ending.consumed.empty());
}

TEST(ExpectNone, FailsAtOnceWhenAForbiddenFrameComes) {
  const ExpectNoneStep step = NoErrorFor(absl::Milliseconds(100));
  const Ending ending = PlayBothWays(MakeAfter(step, WholeInbox()), {.arrivals = Arrivals("a@5 error@50"), .end = {}});
  EXPECT_EQ(Summary(ending.judgement), "forbidden ");
  EXPECT_EQ(ending.decided_at, 50);
  EXPECT_EQ(NoteOf(ending.judgement, "forbidden"), "frame 2 +50ms {\"type\":\"error\"}");
}

TEST(ExpectNone, LooksAtFramesThatWereThereFromItsAnchorOn) {
  const ExpectNoneStep step = NoErrorFor(absl::Milliseconds(100));
  const Play play{.arrivals = Arrivals("error@-5"), .end = {}};
  EXPECT_EQ(Summary(PlayBothWays(MakeAfter(step, WholeInbox()), play).judgement), "forbidden ");
  EXPECT_EQ(Summary(PlayBothWays(MakeAfter(step, Since()), play).judgement), "holds");
}

TEST(ExpectNone, CountsItsTimeFromItsOwnStart) {
  const ExpectNoneStep step = NoErrorFor(absl::Milliseconds(100));
  Anchor anchor = Since();
  anchor.clock = At(-500);
  anchor.frames_after = At(-500);
  EXPECT_EQ(PlayBothWays(MakeAfter(step, anchor), {.arrivals = {}, .end = {}}).decided_at, 100);
  EXPECT_EQ(Summary(PlayBothWays(MakeAfter(step, anchor), {.arrivals = Arrivals("error@-400"), .end = {}}).judgement),
            "forbidden ");
}

TEST(ExpectNone, FailsWhenTheConnectionCloses) {
  const ExpectNoneStep step = NoErrorFor(absl::Milliseconds(100));
  const auto play = [&](std::string_view frames, int closed_at) {
    return Summary(
        PlayBothWays(MakeAfter(step, WholeInbox()), {.arrivals = Arrivals(frames), .end = Ends(closed_at, 1000)})
            .judgement);
  };
  EXPECT_EQ(play("", 50), "close ");
  EXPECT_EQ(play("error@40", 50), "forbidden ");
  EXPECT_EQ(play("", 101), "holds");
}

TEST(ExpectNone, HoldsNotIfALimitLeavesAFrameOpen) {
  const ExpectNoneStep step = NoErrorFor(absl::Milliseconds(100));
  const auto play = [&](std::string_view frames, std::optional<ConnectionEnd> end) {
    return PlayBothWays(MakeAfter(step, WholeInbox()), {.arrivals = Arrivals(frames), .end = std::move(end)});
  };
  const Ending open = play("deep@5", {});
  EXPECT_EQ(Summary(open.judgement), "config ");
  EXPECT_TRUE(open.judgement.failure->beyond_limit);
  EXPECT_EQ(open.decided_at, 100);
  EXPECT_THAT(open.judgement.failure->message, ::testing::HasSubstr("frame 1 could not be judged"));
  // What is certain convicts nevertheless.
  EXPECT_EQ(Summary(play("deep@5 error@50", {}).judgement), "forbidden ");
  EXPECT_EQ(Summary(play("deep@5", Ends(50, 1000)).judgement), "close ");
}

ExpectCloseStep CloseWith(std::string_view code) {
  ExpectCloseStep step;
  step.code = Is(code);
  return step;
}

MakeExpectation MakeAfter(const ExpectCloseStep& step, const Anchor& anchor = WholeInbox()) {
  return [&step, anchor](CaptureScope& scope) { return ExpectClose(step, anchor, absl::Seconds(1), scope); };
}

TEST(ExpectClose, AcceptsTheCodeAndReasonThatItAsksFor) {
  ExpectCloseStep step = CloseWith("4401");
  step.reason = testing::Check(Predicate::Op::kContains, "\"token\"");
  const Ending ending =
      PlayBothWays(MakeAfter(step), {.arrivals = Arrivals("a@5"), .end = Ends(40, 4401, "bad token")});
  EXPECT_EQ(Summary(ending.judgement), "holds");
  EXPECT_EQ(ending.decided_at, 40);
  EXPECT_EQ(Summary(PlayBothWays(MakeAfter(ExpectCloseStep{}), {.arrivals = {}, .end = Ends(-5, 1006)}).judgement),
            "holds")
      << "any code, also before the step began";
}

TEST(ExpectClose, FailsOnAnotherCodeOrReason) {
  ExpectCloseStep step = CloseWith("1000");
  const Ending other = PlayBothWays(MakeAfter(step), {.arrivals = {}, .end = Ends(40, 1011, "boom")});
  EXPECT_EQ(Summary(other.judgement), "close ");
  EXPECT_EQ(other.judgement.failure->phase, Phase::kClose);
  EXPECT_EQ(other.judgement.failure->message,
            "the connection closed with 1011 \"boom\" (code: expected 1000, found 1011)");
  step.reason = Is("\"bye\"");
  EXPECT_EQ(PlayBothWays(MakeAfter(step), {.arrivals = {}, .end = Ends(40, 1000, "no")}).judgement.failure->message,
            "the connection closed with 1000 \"no\" (reason: expected \"bye\", found \"no\")");
}

TEST(ExpectClose, DoesNotAcceptACloseFromBeforeItsSince) {
  ExpectCloseStep step;
  step.since = "ask";
  const auto play = [&](int closed_at) {
    return PlayBothWays(MakeAfter(step, Since()), {.arrivals = {}, .end = Ends(closed_at, 1000, "bye")}).judgement;
  };
  const Judgement before = play(-1);
  EXPECT_EQ(Summary(before), "close ");
  EXPECT_EQ(before.failure->phase, Phase::kClose);
  EXPECT_EQ(before.failure->message, "the connection closed with 1000 \"bye\" before `ask`");
  EXPECT_EQ(Summary(play(0)), "holds");
}

TEST(ExpectClose, RunsOutOfTimeInThePhaseClose) {
  const ExpectCloseStep step = CloseWith("1000");
  const Ending ending = PlayBothWays(MakeAfter(step), {.arrivals = Arrivals("a@5"), .end = Ends(1001, 1000)});
  EXPECT_EQ(Summary(ending.judgement), "deadline ");
  EXPECT_EQ(ending.judgement.failure->phase, Phase::kClose);
  EXPECT_EQ(ending.judgement.failure->message, "no close within 1s");
}

}  // namespace
}  // namespace wsfleet
