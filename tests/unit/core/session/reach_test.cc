#include "core/session/reach.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

SteadyTime Passed(int milliseconds) { return {absl::Seconds(10) + absl::Milliseconds(milliseconds)}; }
const SteadyTime kNow = Passed(1000);
const SteadyTime kEver;

Step Send(const std::string& id) {
  Step step;
  step.id = id;
  step.action = SendStep{};
  return step;
}

Step ExpectSince(const std::string& since, const std::string& id = "") {
  ExpectStep expect;
  expect.since = since;
  Step step;
  step.id = id;
  step.action = std::move(expect);
  return step;
}

Step Connect() {
  Step step;
  step.action = ConnectStep{};
  return step;
}

Step Repeat(std::vector<Step> steps) {
  RepeatStep repeat;
  repeat.times = 3;
  repeat.steps = std::move(steps);
  Step step;
  step.action = std::move(repeat);
  return step;
}

SteadyTime Reach(const std::vector<Step>& steps, std::size_t next, const std::map<std::string, SteadyTime>& anchors,
                 bool loops = false, std::string_view via = "main") {
  const StepPosition position{&steps, next, loops};
  return EarliestReach({&position, 1}, anchors, via, kNow);
}

TEST(Reach, IsEverythingWhileAStepLooksAtTheWholeInbox) {
  EXPECT_EQ(Reach({ExpectSince("")}, 0, {}), kEver);
  EXPECT_EQ(Reach({Send("a"), ExpectSince("")}, 1, {{"a", Passed(5)}}), kEver);
}

TEST(Reach, OfAConnectionIsThatOfTheStepsOnIt) {
  Step other = ExpectSince("");
  other.via = "phone";
  ConnectStep connect;
  connect.as = "phone";
  Step opens;
  opens.action = connect;
  const std::vector<Step> steps{Send("a"), opens, other};
  EXPECT_EQ(Reach(steps, 1, {}), kNow);
  EXPECT_EQ(Reach(steps, 2, {}, false, "phone"), kEver);
  EXPECT_EQ(Reach(steps, 1, {}, false, "phone"), kNow);  // it is opened anew before
}

TEST(Reach, IsNothingOnceNoStepLooks) {
  EXPECT_EQ(Reach({ExpectSince("")}, 1, {}), kNow);
  EXPECT_EQ(Reach({Send("a")}, 0, {}), kNow);
}

TEST(Reach, BeginsAtTheEarliestAnchorThatIsStillLookedAt) {
  const std::vector<Step> steps{ExpectSince("a"), ExpectSince("b")};
  const std::map<std::string, SteadyTime> anchors{{"a", Passed(5)}, {"b", Passed(7)}};
  EXPECT_EQ(Reach(steps, 0, anchors), Passed(5));
  EXPECT_EQ(Reach(steps, 1, anchors), Passed(7));
}

TEST(Reach, DoesNotGoBackToAnAnchorThatWillBeSetAnew) {
  EXPECT_EQ(Reach({Send("a"), ExpectSince("a")}, 0, {{"a", Passed(5)}}), kNow);
}

TEST(Reach, ComesAroundInALoop) {
  const std::vector<Step> steps{ExpectSince("a"), Send("b")};
  EXPECT_EQ(Reach(steps, 1, {{"a", Passed(5)}}, false), kNow);
  EXPECT_EQ(Reach(steps, 1, {{"a", Passed(5)}}, true), Passed(5));
}

TEST(Reach, IsReleasedByARoundThatBeginsWithItsOwnAnchor) {
  // send, expect since it: after a round nothing of that round is looked at again.
  const std::vector<Step> steps{Send("a"), ExpectSince("a")};
  EXPECT_EQ(Reach(steps, 2, {{"a", Passed(5)}}, true), kNow);
}

TEST(Reach, GoesThroughInnerAndOuterLists) {
  const std::vector<Step> inner{Send("x")};
  const std::vector<Step> outer{Repeat(inner), ExpectSince("a")};
  const StepPosition path[] = {{&outer, 1, false}, {&inner, 0, true}};
  EXPECT_EQ(EarliestReach(path, {{"a", Passed(5)}}, "main", kNow), Passed(5));
  EXPECT_EQ(Reach({Repeat({ExpectSince("a")})}, 0, {{"a", Passed(6)}}), Passed(6));
}

TEST(Reach, EndsAtANewConnection) { EXPECT_EQ(Reach({Connect(), ExpectSince("")}, 0, {}), kNow); }

}  // namespace
}  // namespace wsfleet
