#include "agent/engine/run_share.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "agent/engine/steady_clock.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

namespace wsfleet::engine {
namespace {

using ::testing::HasSubstr;

SteadyTime AtMilliseconds(int milliseconds) { return SteadyTime{} + absl::Milliseconds(milliseconds); }

TEST(RunShare, GivesConnectionsUntilThereAreAsManyAsMayBe) {
  RunShare share({2, std::nullopt});
  auto first = share.TakeConnection({});
  const auto second = share.TakeConnection({});
  EXPECT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(absl::IsPermissionDenied(share.TakeConnection({}).status()));
  first->reset();
  EXPECT_TRUE(share.TakeConnection({}).ok());
}

TEST(RunShare, GivesConnectionsOfEachBudgetThatTheyAreCountedIn) {
  const BudgetName chat("chat"), lab("lab");
  RunShare share({std::nullopt, std::nullopt, {{chat, 2, 9}, {lab, 1, 9}}});
  auto both = share.TakeConnection({chat, lab});
  EXPECT_TRUE(both.ok());
  const absl::Status full = share.TakeConnection({chat, lab}).status();
  EXPECT_TRUE(absl::IsPermissionDenied(full));
  EXPECT_THAT(full.ToString(), HasSubstr("1 connections on this agent to targets of budget lab"));
  // What was refused holds nothing.
  const auto other = share.TakeConnection({chat});
  EXPECT_TRUE(other.ok());
  EXPECT_FALSE(share.TakeConnection({chat}).ok());
  both->reset();
  EXPECT_TRUE(share.TakeConnection({lab}).ok());
  EXPECT_TRUE(share.TakeConnection({}).ok());
  EXPECT_THAT(share.TakeConnection({BudgetName("new")}).status().ToString(), HasSubstr("no share of budget new"));
}

TEST(RunShare, OfABudgetIsPaidBeforeItIsUsed) {
  RunShare share({std::nullopt, 50, {{BudgetName("chat"), 9, 10}, {BudgetName("lab"), 9, 20}}}, AtMilliseconds(1000));
  // Of the slowest.
  EXPECT_EQ(share.NextSession(AtMilliseconds(1000)), AtMilliseconds(1100));
  EXPECT_EQ(share.NextSession(AtMilliseconds(1000)), AtMilliseconds(1200));
  EXPECT_EQ(share.NextSession(AtMilliseconds(5000)), AtMilliseconds(5000));
  EXPECT_EQ(share.NextSession(AtMilliseconds(5000)), AtMilliseconds(5100));
}

TEST(RunShare, SpacesSessionsEvenlyAndMakesUpForNothing) {
  RunShare share({std::nullopt, 10});
  EXPECT_EQ(share.NextSession(AtMilliseconds(1000)), AtMilliseconds(1000));
  EXPECT_EQ(share.NextSession(AtMilliseconds(1000)), AtMilliseconds(1100));
  EXPECT_EQ(share.NextSession(AtMilliseconds(1010)), AtMilliseconds(1200));
  // Nobody came for a second: that is not ten at once.
  EXPECT_EQ(share.NextSession(AtMilliseconds(2300)), AtMilliseconds(2300));
  EXPECT_EQ(share.NextSession(AtMilliseconds(2300)), AtMilliseconds(2400));
}

TEST(RunShare, WithoutLimitsHoldsNobodyUp) {
  RunShare share({});
  EXPECT_TRUE(share.TakeConnection({}).ok());
  EXPECT_EQ(share.NextSession(AtMilliseconds(5)), AtMilliseconds(5));
  EXPECT_EQ(share.NextSession(AtMilliseconds(5)), AtMilliseconds(5));
}

std::string Sessions(const std::string& url, int count) {
  return fmt::format(
      "version: wsfleet/v1\nname: test\ntarget: {}\nscenarios:\n  - name: many\n    concurrent: {}\n    steps:\n"
      "      - connect: {{path: /}}\n      - ping: {{}}\n      - drop: {{}}\n      - connect: {{path: /, as: again}}\n"
      "      - {{ping: {{}}, via: again}}\n",
      url, count);
}

void Pong(testing::ScriptedPeer& peer) {
  peer.AcceptUpgrade();
  peer.SendFrame(0x8A, peer.ReadFrame().payload);
  peer.Drain();
}

TEST(RunShare, OfConnectionsIsHeldByTheSessionsOfARun) {
  testing::ScriptedServer server(Pong);
  testing::SuiteRun::Options options;
  options.share.connections = 1;
  // One after the other: what is closed makes room.
  const CaseResult alone = testing::SuiteRun(Sessions(server.url(), 1), options).Result();
  EXPECT_EQ(alone.outcome, Outcome::kPassed) << (alone.failure ? alone.failure->message : "");
  const CaseResult together = testing::SuiteRun(Sessions(server.url(), 3), options).Result();
  ASSERT_TRUE(together.failure.has_value());
  EXPECT_EQ(together.failure->failure_class, FailureClass::kGuard);
  EXPECT_EQ(together.outcome, Outcome::kInconclusive);
  EXPECT_THAT(together.failure->message, HasSubstr("1 connections on this agent"));
}

TEST(RunShare, OfABudgetIsHeldByConnectionsToItsTargets) {
  testing::ScriptedServer server(Pong);
  const BudgetName chat("chat");
  testing::SuiteRun::Options options;
  options.guard = TargetGuard({{{false, {{"127.0.0.1", {server.port()}, {}, Budget{chat, 100, 100}}}}, "the fleet"}});
  const CaseResult without = testing::SuiteRun(Sessions(server.url(), 1), options).Result();
  ASSERT_TRUE(without.failure.has_value());
  EXPECT_THAT(without.failure->message, HasSubstr("no share of budget chat"));
  EXPECT_EQ(server.connections(), 0);
  options.share.shares = {{chat, 1, 1'000'000}};
  const CaseResult alone = testing::SuiteRun(Sessions(server.url(), 1), options).Result();
  EXPECT_EQ(alone.outcome, Outcome::kPassed) << (alone.failure ? alone.failure->message : "");
  const CaseResult together = testing::SuiteRun(Sessions(server.url(), 3), options).Result();
  ASSERT_TRUE(together.failure.has_value());
  EXPECT_EQ(together.failure->failure_class, FailureClass::kGuard);
  EXPECT_THAT(together.failure->message, HasSubstr("1 connections on this agent to targets of budget chat"));
}

TEST(RunShare, OfSessionsIsHeldByTheRun) {
  std::mutex mutex;
  std::vector<SteadyTime> begun;
  testing::ScriptedServer server([&](testing::ScriptedPeer& peer) {
    {
      const std::lock_guard lock(mutex);
      begun.push_back(SteadyNow());
    }
    Pong(peer);
  });
  testing::SuiteRun::Options options;
  options.share.sessions_per_second = 20;
  const std::string suite = testing::OneScenario(server.url(), {"- connect: {path: /}", "- ping: {}"});
  std::string many = suite;
  many.replace(many.find("    steps:"), 0, "    concurrent: 4\n");
  const CaseResult result = testing::SuiteRun(many, options).Result();
  EXPECT_EQ(result.outcome, Outcome::kPassed) << (result.failure ? result.failure->message : "");
  ASSERT_EQ(begun.size(), 4U);
  // Whatever the machine is busy with, the last one begins three intervals after the first at the earliest.
  EXPECT_GE(*std::ranges::max_element(begun) - *std::ranges::min_element(begun), absl::Milliseconds(100));
}

TEST(RunShare, ThatMakesSessionsWaitDoesNotOutliveTheRun) {
  testing::ScriptedServer server(Pong);
  testing::SuiteRun::Options options;
  options.share.sessions_per_second = 0.001;
  testing::SuiteRun run(Sessions(server.url(), 2), options);
  run.Cancel();
  EXPECT_TRUE(run.EndsWithin(std::chrono::seconds(5)));
}

}  // namespace
}  // namespace wsfleet::engine
