#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "boost/json/serialize.hpp"
#include "core/session/assignment.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "tests/unit/core/session/stage.h"

namespace wsfleet {
namespace {

using testing::Arrivals;
using testing::Ending;
using testing::Ends;
using testing::Is;
using testing::MakeExpectation;
using testing::NoteOf;
using testing::OfType;
using testing::PlayBothWays;
using testing::Summary;
using testing::Where;
using testing::WholeInbox;

ExpectManyStep All(std::vector<Message> messages) {
  ExpectManyStep step;
  step.order = ExpectManyStep::Order::kAny;
  step.messages = std::move(messages);
  return step;
}

Message Named(std::string_view name, Message message) {
  message.name = name;
  return message;
}

Message Asserting(Message message, std::string_view n) {
  message.assertion = Where({{"$.n", Is(n)}});
  return message;
}

MakeExpectation Make(const ExpectManyStep& step) {
  return [&step](CaptureScope& scope) { return ExpectMany(step, WholeInbox(), absl::Seconds(1), scope); };
}

struct ManyCase {
  std::string_view frames;
  std::string_view outcome;
  int decided_at;
};

void ExpectOutcomes(const ExpectManyStep& step, std::initializer_list<ManyCase> cases) {
  for (const ManyCase& one : cases) {
    const Ending ending = PlayBothWays(Make(step), {.arrivals = Arrivals(one.frames), .end = {}});
    EXPECT_EQ(Summary(ending.judgement), one.outcome) << one.frames;
    EXPECT_EQ(ending.decided_at, one.decided_at) << one.frames;
  }
}

TEST(ExpectAll, TakesItsMessagesInAnyOrder) {
  ExpectOutcomes(All({OfType("a"), OfType("b")}), {
                                                      {"a@10 b@20", "holds a=1 b=2", 20},
                                                      {"b@10 x@15 a@20", "holds a=3 b=1", 20},
                                                      {"b@-10 a@20", "holds a=2 b=1", 20},
                                                      {"b@10", "missing a", 1000},
                                                      {"b@10 b@20", "missing a", 1000},
                                                      {"a@10 b@1001", "missing b", 1000},
                                                  });
}

TEST(ExpectAll, NeverLetsAGreedyChoiceHideAFrame) {
  // The first message could be either frame, the second one only the first.
  const ExpectManyStep step = All({Named("any", OfType("a")), Named("one", OfType("a"))});
  ExpectManyStep picky = step;
  picky.messages[1].match.entries.push_back(Where({{"$.n", Is("1")}}).entries[0]);
  ExpectOutcomes(picky, {
                            {"a:1@10 a:2@20", "holds any=2 one=1", 20},
                            {"a:2@10 a:1@20", "holds any=1 one=2", 20},
                            {"a:2@10 a:2@20", "missing one", 1000},
                        });
}

TEST(ExpectAll, PrefersTheAssignmentThatSatisfiesTheAssertions) {
  ExpectOutcomes(All({Named("any", OfType("a")), Named("one", Asserting(OfType("a"), "1"))}),
                 {{"a:1@10 a:2@20", "holds any=2 one=1", 20}, {"a:2@10 a:1@20", "holds any=1 one=2", 20}});
  ExpectOutcomes(All({Named("one", Asserting(OfType("a"), "1")), Named("two", Asserting(OfType("a"), "2"))}),
                 {{"a:2@10 a:1@20", "holds one=2 two=1", 20}});
}

TEST(ExpectAll, FailsAtOnceWhenNoAssignmentSatisfiesTheAssertions) {
  const ExpectManyStep step =
      All({Named("one", Asserting(OfType("a"), "1")), Named("two", Asserting(OfType("a"), "2")), OfType("b")});
  ExpectOutcomes(step, {{"a:3@10 b@20", "assertion one", 10}, {"a:1@10 a:1@20", "assertion two", 20}});
  const Ending ending = PlayBothWays(Make(step), {.arrivals = Arrivals("a:1@10 a:1@20"), .end = {}});
  EXPECT_EQ(ending.judgement.failure->message, "$.n: expected 2, found 1");
}

TEST(ExpectAll, ConvictsNobodyBecauseOfAFrameThatALimitLeavesOpen) {
  ExpectManyStep step = All({OfType("a"), OfType("b")});
  ExpectOutcomes(step, {
                           {"deep@5 b@10 a@20", "holds a=3 b=2", 20},
                           {"b@10 deep@20", "config a", 1000},
                       });
  step.unique.wanted = true;
  ExpectOutcomes(step, {
                           {"b@10 a@20 deep@30", "config ", 1000},
                           {"deep@5 b@10 b@20", "duplicate b", 20},
                       });
}

TEST(ExpectAll, CountsALateFrameAsLatency) {
  std::vector<Message> messages = {Named("fast", OfType("a")), Named("slow", OfType("a"))};
  messages[0].max_time = absl::Milliseconds(50);
  ExpectOutcomes(All(messages), {
                                    {"a@10 a@500", "holds fast=1 slow=2", 500},
                                    {"a@60 a@500", "latency fast", 500},
                                });
}

TEST(ExpectAll, GivesAMessageItsOwnTime) {
  std::vector<Message> messages = {Named("late", OfType("a")), Named("soon", OfType("a"))};
  messages[1].within = absl::Milliseconds(100);
  ExpectOutcomes(All(messages), {
                                    {"a@50 a@900", "holds late=2 soon=1", 900},
                                    {"a@150 a@900", "missing soon", 100},
                                    {"a@50", "missing late", 1000},
                                });
}

TEST(ExpectAll, FindsDuplicatesUntilItsTimeIsOver) {
  ExpectManyStep step = All({OfType("a"), OfType("b")});
  step.unique.wanted = true;
  ExpectOutcomes(step, {
                           {"a@10 b@20", "holds a=1 b=2", 1000},
                           {"a@10 a@15 b@20", "duplicate a", 15},
                           {"a@10 b@20 b@1000", "duplicate b", 1000},
                           {"a@10 b@20 b@1001", "holds a=1 b=2", 1000},
                           {"a@10 b@20 x@30", "holds a=1 b=2", 1000},
                       });
  step.unique.after_last_match = absl::Milliseconds(100);
  ExpectOutcomes(step, {
                           {"a@10 b@20 a@120", "duplicate a", 120},
                           {"a@10 b@20 a@121", "holds a=1 b=2", 120},
                           {"a@10 b@950 a@1040", "duplicate a", 1040},
                       });
}

TEST(ExpectAll, FailsAtOnceWhenTheConnectionCloses) {
  const ExpectManyStep step = All({OfType("a"), OfType("b")});
  const Ending closed = PlayBothWays(Make(step), {.arrivals = Arrivals("b@10"), .end = Ends(30, 1001, "idle")});
  EXPECT_EQ(Summary(closed.judgement), "close a");
  EXPECT_EQ(closed.decided_at, 30);
  EXPECT_EQ(NoteOf(closed.judgement, "matched"), "b +10ms (frame 1)");
  EXPECT_EQ(Summary(PlayBothWays(Make(step), {.arrivals = Arrivals("b@10 a@20"), .end = Ends(20, 1000)}).judgement),
            "holds a=2 b=1");
}

TEST(ExpectAll, SetsItsCapturesFromTheFramesItTook) {
  std::vector<Message> messages = {Named("any", OfType("a")), Named("one", Asserting(OfType("a"), "1"))};
  messages[0].capture = {testing::CapturePath("id", "$.n")};
  const ExpectManyStep step = All(messages);
  testing::Variables scope;
  const Ending ending = testing::PlayStepByStep(Make(step), {.arrivals = Arrivals("a:1@10 a:2@20"), .end = {}}, scope);
  EXPECT_EQ(Summary(ending.judgement), "holds any=2 one=1");
  EXPECT_EQ(*scope.Lookup("id"), boost::json::value(2));
}

// Which messages each frame could be, and of those which it would satisfy.
struct Edges {
  std::vector<std::vector<std::size_t>> could_be;
  std::vector<std::vector<std::size_t>> accepted;
};

// The most messages that distinct frames can be, by trying everything.
std::size_t BruteForce(const std::vector<std::vector<std::size_t>>& edges, std::size_t frame, std::vector<bool>& used) {
  if (frame == edges.size()) return 0;
  std::size_t best = BruteForce(edges, frame + 1, used);
  for (const std::size_t message : edges[frame]) {
    if (used[message]) continue;
    used[message] = true;
    best = std::max(best, 1 + BruteForce(edges, frame + 1, used));
    used[message] = false;
  }
  return best;
}

std::size_t LargestMatching(const std::vector<std::vector<std::size_t>>& edges, std::size_t messages) {
  std::vector<bool> used(messages);
  return BruteForce(edges, 0, used);
}

Edges RandomEdges(std::size_t messages, std::size_t frames) {
  Edges edges;
  for (std::size_t f = 0; f < frames; ++f) {
    edges.could_be.emplace_back();
    edges.accepted.emplace_back();
    for (std::size_t m = 0; m < messages; ++m) {
      const int kind = *rc::gen::inRange(0, 4);
      if (kind >= 2) edges.could_be.back().push_back(m);
      if (kind == 3) edges.accepted.back().push_back(m);
    }
  }
  return edges;
}

// RapidCheck prints the seed (RC_PARAMS="seed=…" runs it again).
RC_GTEST_PROP(Assignment, IsAsLargeAsBruteForceFindsAfterEveryFrame, ()) {
  const std::size_t messages = *rc::gen::inRange<std::size_t>(1, 6);
  const Edges edges = RandomEdges(messages, *rc::gen::inRange<std::size_t>(0, 7));
  Assignment assignment(messages);
  std::vector<std::vector<std::size_t>> so_far;
  for (std::size_t f = 0; f < edges.could_be.size(); ++f) {
    const std::size_t before = assignment.size();
    so_far.push_back(edges.could_be[f]);
    const bool grew = assignment.Add(f, edges.could_be[f]);
    RC_ASSERT(assignment.size() == LargestMatching(so_far, messages));
    RC_ASSERT(grew == (assignment.size() > before));
  }
  for (std::size_t m = 0; m < messages; ++m) {
    const std::optional<std::uint64_t> frame = assignment.frame_of(m);
    if (frame) RC_ASSERT(std::ranges::count(edges.could_be[*frame], m) == 1);
  }
}

// Messages select by `$.m<i>` being there and assert that it is 1: every graph can be written as frames.
RC_GTEST_PROP(ExpectAll, DecidesLikeBruteForceAfterEveryFrame, ()) {
  const std::size_t messages = *rc::gen::inRange<std::size_t>(1, 5);
  const Edges edges = RandomEdges(messages, *rc::gen::inRange<std::size_t>(0, 7));
  std::vector<Message> awaited;
  for (std::size_t m = 0; m < messages; ++m) {
    Message message;
    message.name = fmt::format("m{}", m);
    message.match = Where({{fmt::format("$.m{}", m), testing::Exists(true)}});
    message.assertion = Where({{fmt::format("$.m{}", m), Is("1")}});
    awaited.push_back(std::move(message));
  }
  testing::Play play;
  std::string expected = "missing";
  std::vector<std::vector<std::size_t>> could_be, accepted;
  for (std::size_t f = 0; f < edges.could_be.size(); ++f) {
    boost::json::object payload;
    for (const std::size_t m : edges.could_be[f]) payload[fmt::format("m{}", m)] = 0;
    for (const std::size_t m : edges.accepted[f]) payload[fmt::format("m{}", m)] = 1;
    play.arrivals.push_back({static_cast<int>(f) + 1, boost::json::serialize(payload), Opcode::kText});
    could_be.push_back(edges.could_be[f]);
    accepted.push_back(edges.accepted[f]);
    const std::size_t good = LargestMatching(accepted, messages);
    if (expected == "missing" && good < LargestMatching(could_be, messages)) expected = "assertion";
    if (expected == "missing" && good == messages) expected = "holds";
  }
  const ExpectManyStep step = All(std::move(awaited));
  const std::string outcome = Summary(PlayBothWays(Make(step), play).judgement);
  RC_ASSERT(outcome.substr(0, outcome.find(' ')) == expected);
}

}  // namespace
}  // namespace wsfleet
