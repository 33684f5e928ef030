#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
using testing::OfType;
using testing::Play;
using testing::PlayBothWays;
using testing::Since;
using testing::Summary;
using testing::Where;
using testing::WholeInbox;

ExpectManyStep InOrder(std::vector<Message> messages) {
  ExpectManyStep step;
  step.order = ExpectManyStep::Order::kSequence;
  step.messages = std::move(messages);
  return step;
}

// The step must outlive what is made of it.
MakeExpectation MakeSequence(const ExpectManyStep& step, const Anchor& anchor,
                             absl::Duration within = absl::Seconds(1)) {
  return [&step, anchor, within](CaptureScope& scope) { return ExpectMany(step, anchor, within, scope); };
}

struct SequenceCase {
  std::string_view frames;
  std::string_view outcome;
  int decided_at;
};

void ExpectEachOutcome(const MakeExpectation& make, std::initializer_list<SequenceCase> cases) {
  for (const SequenceCase& one : cases) {
    const Ending ending = PlayBothWays(make, {.arrivals = Arrivals(one.frames), .end = {}});
    EXPECT_EQ(Summary(ending.judgement), one.outcome) << one.frames;
    EXPECT_EQ(ending.decided_at, one.decided_at) << one.frames;
  }
}

TEST(ExpectSequence, FindsItsMessagesBetweenOthers) {
  const ExpectManyStep step = InOrder({OfType("a"), OfType("b"), OfType("c")});
  ExpectEachOutcome(MakeSequence(step, WholeInbox()),
                    {
                        {"a@10 b@20 c@30", "holds a=1 b=2 c=3", 30},
                        {"x@5 a@10 x@15 b@20 a@25 x@27 c@30", "holds a=2 b=4 c=7", 30},
                        {"a@-30 b@-20 c@-10", "holds a=1 b=2 c=3", 0},
                        {"a@-30 b@20 ping@25 c@30", "holds a=1 b=2 c=4", 30},
                        {"b@5 a@10 b@20 c@30", "holds a=2 b=3 c=4", 30},
                        {"a@10 b@20 c@1000", "holds a=1 b=2 c=3", 1000},
                    });
}

TEST(ExpectSequence, ConvictsNobodyBecauseOfAFrameThatALimitLeavesOpen) {
  ExpectManyStep step = InOrder({OfType("a"), OfType("b")});
  ExpectEachOutcome(MakeSequence(step, WholeInbox()), {
                                                          {"deep@5 a@10 b@20", "holds a=2 b=3", 20},
                                                          {"a@10 deep@20", "config b", 1000},
                                                          {"deep@5 b@10 a@20", "config b", 1000},
                                                      });
  EXPECT_EQ(Summary(PlayBothWays(MakeSequence(step, WholeInbox()),
                                 {.arrivals = Arrivals("a@5 deep@10"), .end = Ends(50, 1000)})
                        .judgement),
            "config b");
  step.strict = true;
  ExpectEachOutcome(MakeSequence(step, WholeInbox()), {{"a@10 deep@15 b@20", "config b", 15}});
  step.strict = false;
  step.unique.wanted = true;
  ExpectEachOutcome(MakeSequence(step, WholeInbox()), {
                                                          {"a@10 b@20 deep@30", "config ", 1000},
                                                          {"a@10 deep@15 b@20 a@30", "duplicate a", 30},
                                                      });
}

TEST(ExpectSequence, DoesNotConvictByAnAssertionOrACaptureThatALimitLeavesOpen) {
  Message message = OfType("a");
  message.match = Where({{"opcode", Is("\"text\"")}});
  message.assertion = Where({{"$.n", Is("1")}});
  const ExpectManyStep asserting = InOrder({message});
  ExpectEachOutcome(MakeSequence(asserting, WholeInbox()), {{"deep@5", "config a", 5}, {"a:2@5", "assertion a", 5}});
  message.assertion.reset();
  message.capture.push_back({"n", {}});
  message.capture.back().source.path = testing::Path("$.n");
  const ExpectManyStep capturing = InOrder({message});
  ExpectEachOutcome(MakeSequence(capturing, WholeInbox()), {{"deep@5", "config a", 5}, {"b@5", "assertion a", 5}});
}

TEST(ExpectSequence, TellsMissingFromOutOfOrder) {
  const ExpectManyStep step = InOrder({OfType("a"), OfType("b"), OfType("c")});
  ExpectEachOutcome(MakeSequence(step, WholeInbox()), {
                                                          {"", "missing a", 1000},
                                                          {"a@10 b@20", "missing c", 1000},
                                                          {"a@10 c@20", "missing b", 1000},
                                                          {"a@10 b@20 c@1001", "missing c", 1000},
                                                          {"b@10 a@20 c@30", "order b", 1000},
                                                          {"c@10 b@20 a@30", "order b", 1000},
                                                          {"b@10 a@20", "missing c", 1000},
                                                          {"b@10 c@20", "missing a", 1000},
                                                      });
}

TEST(ExpectSequence, LooksOnlyAtFramesSinceItsAnchor) {
  const ExpectManyStep step = InOrder({OfType("a"), OfType("b")});
  ExpectEachOutcome(MakeSequence(step, Since()), {
                                                     {"a@-10 b@10", "missing a", 1000},
                                                     {"a@-10 a@0 b@10", "holds a=2 b=3", 10},
                                                 });
}

TEST(ExpectSequence, GivesAMessageItsOwnTime) {
  std::vector<Message> messages = {OfType("a"), OfType("b")};
  messages[0].within = absl::Milliseconds(100);
  const ExpectManyStep step = InOrder(messages);
  ExpectEachOutcome(MakeSequence(step, WholeInbox()), {
                                                          {"a@100 b@900", "holds a=1 b=2", 900},
                                                          {"a@101 b@900", "missing a", 100},
                                                          {"b@50", "missing a", 100},
                                                      });
}

TEST(ExpectSequence, NamesAnOrderFailureAsSoonAsItIsCertain) {
  std::vector<Message> messages = {OfType("a"), OfType("b"), OfType("c")};
  messages[1].within = absl::Milliseconds(100);
  const ExpectManyStep step = InOrder(messages);
  ExpectEachOutcome(MakeSequence(step, WholeInbox()),
                    {{"b@10 a@20 c@500", "order b", 100}, {"a@20 c@500", "missing b", 100}});
}

TEST(ExpectSequence, TakesNoOtherFrameBetweenWhenStrict) {
  ExpectManyStep step = InOrder({OfType("a"), OfType("b")});
  step.strict = true;
  ExpectEachOutcome(MakeSequence(step, WholeInbox()), {
                                                          {"x@5 a@10 b@20", "holds a=2 b=3", 20},
                                                          {"a@10 ping@15 b@20", "holds a=1 b=3", 20},
                                                          {"a@10 x@15 b@20", "order b", 15},
                                                          {"a@10 a@15 b@20", "order b", 15},
                                                      });
}

TEST(ExpectSequence, HoldsUntilTheTimeIsOverWhenUnique) {
  ExpectManyStep step = InOrder({OfType("a"), OfType("b")});
  step.unique.wanted = true;
  ExpectEachOutcome(MakeSequence(step, WholeInbox()), {
                                                          {"a@10 b@20", "holds a=1 b=2", 1000},
                                                          {"a@10 b@20 a@1000", "duplicate a", 1000},
                                                          {"a@10 b@20 a@1001", "holds a=1 b=2", 1000},
                                                          {"a@10 a@15 b@20", "duplicate a", 15},
                                                          {"b@5 a@10 b@20", "duplicate b", 20},
                                                          {"a@10 x@15 b@20 x@25", "holds a=1 b=3", 1000},
                                                      });
}

TEST(ExpectSequence, HoldsThatLongAfterTheLastMatchWhenUniqueForAWhile) {
  ExpectManyStep step = InOrder({OfType("a"), OfType("b")});
  step.unique = {.wanted = true, .after_last_match = absl::Milliseconds(100)};
  ExpectEachOutcome(MakeSequence(step, WholeInbox()), {
                                                          {"a@10 b@20 b@120", "duplicate b", 120},
                                                          {"a@10 b@20 b@121", "holds a=1 b=2", 120},
                                                          {"a@10 b@990 b@1080", "duplicate b", 1080},
                                                          {"a@-300 b@-200", "holds a=1 b=2", 0},
                                                      });
}

TEST(ExpectSequence, TellsADuplicateFromTheNextMessageOfTheSameKind) {
  ExpectManyStep step = InOrder({OfType("a"), OfType("a")});
  step.unique.wanted = true;
  ExpectEachOutcome(MakeSequence(step, WholeInbox()),
                    {{"a@10 a@20", "holds a=1 a=2", 1000}, {"a@10 a@20 a@30", "duplicate a", 30}});
}

TEST(ExpectSequence, JudgesTheFrameThatItSelected) {
  std::vector<Message> messages = {OfType("a"), OfType("b")};
  messages[0].assertion = Where({{"$.n", Is("1")}});
  messages[0].assertion->entries[0].range = {.file = "s.yaml", .line = 7, .column = 9, .length = 3};
  const ExpectManyStep step = InOrder(messages);
  ExpectEachOutcome(MakeSequence(step, WholeInbox()),
                    {{"a:1@10 b@20", "holds a=1 b=2", 20}, {"a:2@10 a:1@20", "assertion a", 10}});
  const Ending ending = PlayBothWays(MakeSequence(step, WholeInbox()), {.arrivals = Arrivals("a:2@10"), .end = {}});
  EXPECT_EQ(ending.judgement.failure->message, "$.n: expected 1, found 2");
  EXPECT_EQ(ending.judgement.failure->range.line, 7u);
  EXPECT_EQ(NoteOf(ending.judgement, "judged"), "frame 1 +10ms {\"type\":\"a\",\"n\":2}");
}

TEST(ExpectSequence, FailsWithLatencyWhenAFrameComesAfterItsMaxTime) {
  std::vector<Message> messages = {OfType("a")};
  messages[0].max_time = absl::Milliseconds(50);
  ExpectManyStep step = InOrder(messages);
  step.since = "ask";
  ExpectEachOutcome(MakeSequence(step, Since()),
                    {{"a@50", "holds a=1", 50}, {"a@51", "latency a", 51}, {"", "missing a", 1000}});
  const Ending ending = PlayBothWays(MakeSequence(step, Since()), {.arrivals = Arrivals("a@120"), .end = {}});
  EXPECT_EQ(ending.judgement.failure->message, "came 120ms after `ask`, later than max_time 50ms");
}

TEST(ExpectSequence, LetsAMessageUseTheCapturesOfThoseBefore) {
  std::vector<Message> messages = {OfType("a"), OfType("b")};
  messages[0].capture = {testing::CapturePath("id", "$.n")};
  messages[1].match.entries.push_back(Where({{"$.n", Is("${id}")}}).entries[0]);
  const ExpectManyStep step = InOrder(messages);
  ExpectEachOutcome(MakeSequence(step, WholeInbox()), {
                                                          {"a:7@10 b:6@15 b:7@20", "holds a=1 b=3", 20},
                                                          {"a:7@10 b:6@15", "missing b", 1000},
                                                          {"b:7@5 a:7@10", "order b", 1000},
                                                          {"b:6@5 a:7@10", "missing b", 1000},
                                                          {"a@10", "assertion a", 10},
                                                      });
}

TEST(ExpectSequence, SupposesCapturesOnlyFromFramesOfThisStep) {
  std::vector<Message> messages = {OfType("a"), OfType("b"), OfType("c")};
  messages[1].capture = {testing::CapturePath("id", "$.n")};
  messages[2].match.entries.push_back(Where({{"$.n", Is("${id}")}}).entries[0]);
  const ExpectManyStep step = InOrder(messages);
  const MakeExpectation make = [&](CaptureScope& scope) {
    scope.Set("id", 1);  // of an earlier round
    return ExpectMany(step, WholeInbox(), absl::Seconds(1), scope);
  };
  ExpectEachOutcome(make, {
                              {"c:2@10 b:2@20 a@30", "order b", 1000},
                              {"c:1@10 b:2@20 a@30", "missing c", 1000},
                              {"a@10 c:1@20", "missing b", 1000},
                          });
}

TEST(ExpectSequence, FailsAtOnceWhenTheConnectionCloses) {
  const ExpectManyStep step = InOrder({OfType("a"), OfType("b")});
  const auto play = [&](std::string_view frames, ConnectionEnd end) {
    return PlayBothWays(MakeSequence(step, WholeInbox()), {.arrivals = Arrivals(frames), .end = std::move(end)});
  };
  const Ending closed = play("a@10", Ends(30, 1011, "boom\x1B"));
  EXPECT_EQ(Summary(closed.judgement), "close b");
  EXPECT_EQ(closed.decided_at, 30);
  EXPECT_EQ(closed.judgement.failure->message, "the connection closed with 1011 \"boom?\" while waiting for `b`");
  EXPECT_EQ(closed.judgement.failure->evidence.close_code, 1011);
  EXPECT_EQ(NoteOf(closed.judgement, "matched"), "a +10ms (frame 1)");
  EXPECT_EQ(play("a@10", Ends(30, 1006)).judgement.failure->message,
            "the connection ended without a close frame (1006) while waiting for `b`");
  EXPECT_EQ(Summary(play("a@10 b@20", Ends(20, 1000)).judgement), "holds a=1 b=2") << "frames come first";
  EXPECT_EQ(Summary(play("b@10 a@20", Ends(30, 1000)).judgement), "order b") << "all had come";
  EXPECT_EQ(Summary(play("a@10", Ends(1001, 1000)).judgement), "missing b") << "the time was over before";
  EXPECT_EQ(Summary(play("", Ends(-5, 1000)).judgement), "close a") << "closed before the step began";
}

TEST(ExpectSequence, NeedsNoOpenConnectionOnceNothingCanComeTwice) {
  ExpectManyStep step = InOrder({OfType("a")});
  step.unique.wanted = true;
  const Ending ending =
      PlayBothWays(MakeSequence(step, WholeInbox()), {.arrivals = Arrivals("a@10"), .end = Ends(30, 1000)});
  EXPECT_EQ(Summary(ending.judgement), "holds a=1");
  EXPECT_EQ(ending.decided_at, 30);
}

TEST(ExpectSequence, ConsumesOnlyWhatItMatched) {
  const ExpectManyStep step = InOrder({OfType("a"), OfType("b")});
  const Ending ending =
      PlayBothWays(MakeSequence(step, WholeInbox()), {.arrivals = Arrivals("x@1 a@2 a@3 b@4"), .end = {}});
  EXPECT_EQ(ending.consumed, (std::vector<std::uint64_t>{2, 4}));
}

TEST(Expect, ShowsWhatWasNearest) {
  ExpectStep step;
  step.since = "order";
  step.message = OfType("filled");
  step.message.match.entries.push_back(Where({{"$.n", Is("81")}}).entries[0]);
  const MakeExpectation make = [&](CaptureScope& scope) { return Expect(step, Since(), absl::Seconds(2), scope); };
  const Ending ending =
      PlayBothWays(make, {.arrivals = Arrivals("hello@-9 x@100 rejected:81@913 filled@950"), .end = {}});
  EXPECT_EQ(Summary(ending.judgement), "missing filled");
  EXPECT_EQ(ending.judgement.failure->message, "`filled` did not come: no matching frame within 2s of `order`");
  EXPECT_EQ(NoteOf(ending.judgement, "nearest"), "frame 3 +913ms {\"type\":\"rejected\",\"n\":81}   differs: $.type");
  EXPECT_EQ(NoteOf(ending.judgement, "differs"), "$.type: expected \"filled\", found \"rejected\"");
}

TEST(Expect, SaysOfAMessageWithoutANameWhatItIsKnownBy) {
  ExpectStep step;
  step.since = "ask";
  step.message.match = Where({{"$.type", Is("\"done\"")}});
  const MakeExpectation alone = [&](CaptureScope& scope) { return Expect(step, Since(), absl::Seconds(2), scope); };
  EXPECT_EQ(PlayBothWays(alone, {.arrivals = {}, .end = {}}).judgement.failure->message,
            "no matching frame ($.type = \"done\") within 2s of `ask`");
  std::vector<Message> messages(3);
  for (Message& message : messages) message.match = Where({{"$.type", Is("\"a\"")}});
  messages[1].match =
      Where({{"$.type", Is("\"b\"")}, {"$.n", Is("2")}, {"opcode", Is("\"text\"")}, {"text", Is("\"\"")}});
  const ExpectManyStep many = InOrder(messages);
  EXPECT_EQ(PlayBothWays(MakeSequence(many, WholeInbox()), {.arrivals = Arrivals("a@1 a@2"), .end = {}})
                .judgement.failure->message,
            "message 2 of 3 ($.type = \"b\", $.n = 2, opcode = \"text\", …) did not come: no matching frame within 1s");
  EXPECT_EQ(PlayBothWays(MakeSequence(many, WholeInbox()), {.arrivals = Arrivals("a@1"), .end = Ends(5, 1000)})
                .judgement.failure->message,
            "the connection closed with 1000 while waiting for message 2 of 3");
}

TEST(Expect, DoesNotSayMoreOfAMessageThanFitsIntoASentence) {
  ExpectStep step;
  step.message.match = Where({{"text", Is("\"" + std::string(5000, 'x') + "\"")}});
  const MakeExpectation make = [&](CaptureScope& scope) { return Expect(step, Since(), absl::Seconds(2), scope); };
  EXPECT_LT(PlayBothWays(make, {.arrivals = {}, .end = {}}).judgement.failure->message.size(), 300u);
}

TEST(ExpectSequence, SaysWhichLaterMessagesCameWhenOneIsMissing) {
  const ExpectManyStep step = InOrder({OfType("started"), OfType("progress"), OfType("done")});
  const Ending ending =
      PlayBothWays(MakeSequence(step, WholeInbox()), {.arrivals = Arrivals("welcome@5 started@10 done@30"), .end = {}});
  EXPECT_EQ(Summary(ending.judgement), "missing progress");
  EXPECT_EQ(NoteOf(ending.judgement, "matched"), "started +10ms (frame 2)");
  EXPECT_EQ(NoteOf(ending.judgement, "came after"), "done +30ms (frame 3)");
  EXPECT_EQ(NoteOf(ending.judgement, "nearest"), "") << "a frame that agrees in nothing is near to nothing";
}

TEST(ExpectSequence, ShowsTheLastFramesWhenNoLaterMessageCame) {
  const ExpectManyStep step = InOrder({OfType("started"), OfType("done")});
  const Ending ending = PlayBothWays(MakeSequence(step, WholeInbox()),
                                     {.arrivals = Arrivals("w@1 x@5 started@10 y@30 ping@31 z@40"), .end = {}});
  EXPECT_EQ(Summary(ending.judgement), "missing done");
  EXPECT_EQ(NoteOf(ending.judgement, "came after"), "");
  EXPECT_EQ(NoteOf(ending.judgement, "last"), R"(frame 2 +5.0ms {"type":"x"})") << "of three, without pings";
  EXPECT_EQ(ending.judgement.failure->notes.back().text, R"(frame 6 +40ms {"type":"z"})");
}

TEST(Expect, TakesTheEarliestFrameAndNoTimeForOnesThatWereThere) {
  ExpectStep step;
  step.message = OfType("a");
  const MakeExpectation make = [&](CaptureScope& scope) { return Expect(step, WholeInbox(), absl::Seconds(2), scope); };
  const Ending ending = PlayBothWays(make, {.arrivals = Arrivals("a@-9 a@-5"), .end = {}});
  EXPECT_EQ(Summary(ending.judgement), "holds a=1");
  EXPECT_EQ(ending.judgement.matched[0].latency, absl::ZeroDuration());
}

TEST(Expect, IsOursToExplainWhenATemplateGivesNoValue) {
  ExpectStep step;
  step.message.match = Where({{"$.n", Is("${unknown}")}});
  testing::Variables scope;
  EXPECT_FALSE(Expect(step, WholeInbox(), absl::Seconds(1), scope).ok());
}

TEST(Expect, SeesAPingThatItAsksFor) {
  ExpectStep step;
  step.message.name = "ping";
  step.message.match = Where({{"opcode", Is("\"ping\"")}});
  const MakeExpectation make = [&](CaptureScope& scope) { return Expect(step, WholeInbox(), absl::Seconds(2), scope); };
  EXPECT_EQ(Summary(PlayBothWays(make, {.arrivals = Arrivals("a@1 ping@9"), .end = {}}).judgement), "holds ping=2");
}

}  // namespace
}  // namespace wsfleet
