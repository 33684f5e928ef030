#include <cmath>
#include <string>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/faulty_run.h"
#include "tests/faults/store_kind.h"
#include "tests/support/postgres_server.h"
#include "tests/support/wall_clock.h"

// Rows 20 and 21 of the faults: wall clocks that are set while a run goes on, and that are wrong from the start.
namespace wsfleet::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

// The coordinator has measured that the agent's clock is so far ahead of its own.
bool AwaitOffset(const RealFleet& fleet, const std::string& agent, absl::Duration ahead) {
  return WaitUntil([&] {
    const Finished got = fleet.Run({"agents", "get", agent, "-o", "json"});
    if (got.exit_code != 0) return false;
    const boost::json::value listed = boost::json::parse(got.out);
    const auto* offset = listed.as_object().if_contains("clock_offset_ms");
    return offset != nullptr && std::abs(offset->to_number<double>() - absl::ToDoubleMilliseconds(ahead)) < 1000;
  });
}

// `sign`: how the agent's clock is moved against the coordinator's when `clock` goes ahead.
void ExpectLeasesUnaffected(RealFleet& fleet, WallClock& clock, int sign) {
  FaultyRun run(fleet, 32);
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(2)) << run.output();
  for (const absl::Duration ahead : {absl::Hours(1), -absl::Hours(1)}) {
    clock.Set(ahead);
    EXPECT_TRUE(AwaitOffset(fleet, "eu-1", sign * ahead)) << fleet.Run({"agents", "get", "eu-1"}).out;
  }
  EXPECT_LT(run.SeenByTarget().size(), 32u) << "the clock was set in the middle of the run";
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.SeenByTarget(), Each(Pair(::testing::_, 1)));
  EXPECT_THAT(run.output(), Not(HasSubstr("attempt 2")));
  EXPECT_THAT(fleet.agent("eu-1").err(), Not(HasSubstr("session ended")));
}

class ClockFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!WallClock::WhyNot().empty()) GTEST_SKIP() << WallClock::WhyNot();
  }
};

using Fault20 = ClockFaults;

TEST_F(Fault20, TheCoordinatorsWallClockIsSetByAnHourAndNoLeaseEnds) {
  WallClock clock;
  RealFleet::Settings settings;
  settings.coordinator.behind = clock.Behind();
  RealFleet fleet(settings);
  fleet.StartAgent("eu-1", "eu-west-1");
  ExpectLeasesUnaffected(fleet, clock, -1);
  EXPECT_TRUE(AwaitLog(fleet.coordinator(), "this machine's clock was set")) << fleet.coordinator().err();
}

TEST_F(Fault20, TheAgentsWallClockIsSetByAnHourAndNoLeaseEnds) {
  WallClock clock;
  RealFleet fleet;
  fleet.StartAgentIn({.behind = clock.Behind()}, "eu-1", "eu-west-1");
  ExpectLeasesUnaffected(fleet, clock, 1);
}

// Enrols with a coordinator whose clock, or the agent's, is off by an hour; both go on when the coordinator's is right.
void ExpectToBeLetInAgain(absl::Duration coordinator_ahead, absl::Duration agent_ahead) {
  const WallClock of_coordinator(coordinator_ahead), of_agent(agent_ahead);
  RealFleet::Settings settings;
  settings.own_ca = true;
  settings.coordinator.behind = of_coordinator.Behind();
  RealFleet fleet(settings);
  const Finished token = fleet.Run({"agents", "join-token", "create", "-q", "--region", "eu-west-1"});
  ASSERT_EQ(token.exit_code, 0) << token.err;
  Command command = fleet.EnrollingAgent("host-0", "eu-west-1", token.out);
  const std::vector<std::string> behind = of_agent.Behind();
  command.arguments.insert(command.arguments.begin(), behind.begin(), behind.end());
  ChildProcess agent(command);
  ASSERT_TRUE(AwaitLog(agent, "session begins epoch=1")) << agent.err();
  fleet.KillCoordinator();
  fleet.settings().coordinator.behind.clear();
  fleet.StartCoordinator();
  EXPECT_TRUE(AwaitLog(agent, "session begins epoch=2")) << agent.err();
  FaultyRun run(fleet, 2);
  run.Start();
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
}

TEST_F(Fault20, AnAgentThatEnrolledWhileTheCoordinatorWasAnHourAheadIsLetInWhenThatIsSetRight) {
  ExpectToBeLetInAgain(absl::Hours(1), absl::ZeroDuration());
}

TEST_F(Fault20, AnAgentThatIsAnHourBehindIsLetInByACoordinatorThatHasJustMadeItsCertificates) {
  ExpectToBeLetInAgain(absl::ZeroDuration(), -absl::Hours(1));
}

class Fault20AtStart : public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    if (!WallClock::WhyNot().empty()) GTEST_SKIP() << WallClock::WhyNot();
  }
};

TEST_P(Fault20AtStart, ACoordinatorThatStartsAnHourAheadGoesOnWithARunByTheTimeThatReallyPassed) {
  const WallClock ahead(absl::Hours(1));
  RealFleet::Settings settings;
  settings.lease_time = "10s";
  if (GetParam() == StoreKind::kPostgres) settings.postgres_url = PostgresDatabase().url();
  RealFleet fleet(settings);
  fleet.StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 16);
  run.Start({"--timeout", "10m"});
  ASSERT_TRUE(run.AwaitBegun(2)) << run.output();
  fleet.KillCoordinator();
  fleet.settings().coordinator.behind = ahead.Behind();
  fleet.StartCoordinator();
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
  EXPECT_THAT(run.SeenByTarget(), Each(Pair(::testing::_, 1)));
  EXPECT_THAT(run.output(), Not(HasSubstr(" · 1h"))) << "nor did it last any longer";
  EXPECT_THAT(fleet.coordinator().err(), HasSubstr("this machine's clock is 1h00m ahead"));
}

INSTANTIATE_TEST_SUITE_P(Stores, Fault20AtStart, kStores, NameOfParameter);

using Fault21 = ClockFaults;

// Tokens that live for a minute.
constexpr char kOneCase[] = R"(version: wsfleet/v1
name: tokens
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
auth:
  user: {jwt: {alg: HS256, key: "${secret.JWT_KEY}", ttl: 1m, claims: {sub: probe}}}
scenarios:
  - name: let in
    steps:
      - connect: {path: /ws, auth: user}
      - expect: {match: {$.type: connection_established}}
)";

TEST_F(Fault21, ClocksThatAreFiveMinutesOffAreShownAndTokensAreValidAllTheSame) {
  TargetServer target(DemoTarget());
  RealFleet fleet;
  const WallClock ahead(absl::Minutes(5)), behind(-absl::Minutes(5));
  fleet.StartAgentIn({.behind = ahead.Behind()}, "eu-1", "eu-west-1");
  fleet.StartAgentIn({.behind = behind.Behind()}, "us-1", "us-east-1");
  fleet.StartAgent("ap-1", "ap-south-1");
  ASSERT_TRUE(AwaitOffset(fleet, "eu-1", absl::Minutes(5)));
  ASSERT_TRUE(AwaitOffset(fleet, "us-1", -absl::Minutes(5)));
  ASSERT_TRUE(AwaitOffset(fleet, "ap-1", absl::ZeroDuration()));
  const Finished run = fleet.Run({"run", fleet.directory().Write("tokens.wsfleet.yaml", kOneCase), "--var",
                                  "target=" + target.ws_url(), "--secret", "JWT_KEY", "--report", "json=run.json",
                                  "--report", "md=run.md", "--report", "html=run.html"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  for (const std::string& report :
       {run.out, ReadWholeFile(fleet.directory().path() / "run.json"),
        ReadWholeFile(fleet.directory().path() / "run.md"), ReadWholeFile(fleet.directory().path() / "run.html")}) {
    EXPECT_THAT(report, HasSubstr("the clock of agent eu-1 is 5m00s ahead of the coordinator"));
    EXPECT_THAT(report, HasSubstr("the clock of agent us-1 is 5m00s behind the coordinator"));
    EXPECT_THAT(report, HasSubstr("uncertain"));
    EXPECT_THAT(report, Not(HasSubstr("the clock of agent ap-1")));
  }
}

}  // namespace
}  // namespace wsfleet::testing
