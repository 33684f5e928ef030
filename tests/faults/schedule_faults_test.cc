#include <signal.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "core/schedule/zone.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/postgres_server.h"
#include "tests/support/real_fleet.h"
#include "tests/support/wall_clock.h"
#include "tests/unit/fleet/fleet_driver.h"

// Rows 20 and 22 to 24 of the faults: clocks that are set and changed, a coordinator that is away, two that would both
// start a run.
namespace wsfleet::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

namespace json = boost::json;

// --- row 22: the machine, told of the time by the test ---------------------------------------------------------------

struct ChangedClock {
  std::string zone, cron;
  std::string from;                   // as clocks of the zone show it
  std::vector<std::string> expected;  // runs of the two days after it
};

std::string Local(absl::Time time, const absl::TimeZone& zone) { return absl::FormatTime("%d %H:%M %Ez", time, zone); }

// When the runs of a schedule began; a machine that dies and comes back each three hours decides on each time once too.
std::vector<std::string> RunsOf(const ChangedClock& clock) {
  const absl::TimeZone zone = FindZone(clock.zone).value();
  absl::Time start;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", clock.from, zone, &start, &error)) << error;
  fleet::FleetDriver driver({}, start);
  ScheduleSpec spec = fleet::EachMinute("check");
  spec.timing = {};
  spec.timing.cron = clock.cron;
  spec.timing.zone = clock.zone;
  spec.overlap = OverlapPolicy::kAllow;
  spec.job.agents_wait = absl::Seconds(1);
  driver.ApplySchedule(spec);
  for (int i = 0; i < 16; ++i) {
    driver.Pass(absl::Hours(3));
    driver.Restart();
  }
  std::vector<std::string> runs;
  std::set<JobId> jobs;
  for (const TickRecord& tick : driver.Ticks("check")) {
    EXPECT_EQ(tick.outcome, TickOutcome::kStarted);
    EXPECT_EQ(driver.job(tick.job).spec.tick, tick.nominal);
    EXPECT_EQ(driver.job(tick.job).created, tick.nominal) << "late, with nobody away";
    EXPECT_TRUE(jobs.insert(tick.job).second);
    runs.push_back(Local(tick.nominal, zone));
  }
  EXPECT_EQ(driver.store().jobs().size(), runs.size());
  EXPECT_EQ(driver.schedule("check").missed, 0u);
  return runs;
}

TEST(Fault22, WhereClocksAreChangedEachNominalTimeRunsOnceByTheStatedRule) {
  const std::vector<ChangedClock> kClocks = {
      // 02:00 to 03:00 does not exist: a time in it runs when the clock goes on.
      {"Europe/Berlin", "30 2 * * *", "2025-03-29 12:00", {"30 03:00 +02:00", "31 02:30 +02:00"}},
      {"America/New_York",
       "0,30 2 * * *",
       "2025-03-08 12:00",
       {"09 03:00 -04:00", "10 02:00 -04:00", "10 02:30 -04:00"}},
      {"Australia/Lord_Howe", "15 2 * * *", "2025-10-04 12:00", {"05 02:30 +11:00", "06 02:15 +11:00"}},
      {"America/Santiago", "@daily", "2025-09-06 12:00", {"07 01:00 -03:00", "08 00:00 -03:00"}},
      // 02:00 to 03:00 comes twice: a time in it runs the first time.
      {"Europe/Berlin", "30 2 * * *", "2025-10-25 12:00", {"26 02:30 +02:00", "27 02:30 +01:00"}},
      {"America/New_York", "15 1 * * *", "2025-11-01 12:00", {"02 01:15 -04:00", "03 01:15 -05:00"}},
      {"Australia/Lord_Howe", "45 1 * * *", "2025-04-05 12:00", {"06 01:45 +11:00", "07 01:45 +10:30"}},
      // No clock is changed.
      {"UTC", "30 2 * * *", "2025-03-29 12:00", {"30 02:30 +00:00", "31 02:30 +00:00"}},
  };
  for (const ChangedClock& clock : kClocks) {
    EXPECT_EQ(RunsOf(clock), clock.expected) << clock.zone << " " << clock.cron << " from " << clock.from;
  }
}

TEST(Fault22, AScheduleOfEveryHourGoesByTheTimeThatPasses) {
  // 48 hours are 48 runs, whatever the clock shows.
  for (const char* from : {"2025-03-29 12:00", "2025-10-25 12:00"}) {
    const std::vector<std::string> runs = RunsOf({"Europe/Berlin", "0 * * * *", from, {}});
    EXPECT_THAT(runs, SizeIs(48));
    EXPECT_EQ(std::set(runs.begin(), runs.end()).size(), 48u);
  }
}

// --- rows 23 and 24: real processes ----------------------------------------------------------------------------------

constexpr char kSuite[] = R"(version: wsfleet/v1
name: gate
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
scenarios:
  - name: answers
    steps: [{http: {get: "/health?probe", expect: {status: 200}}}]
)";

// A schedule `gate` of one case in a fleet of real processes.
class ScheduledFleet {
 public:
  explicit ScheduledFleet(RealFleet::Settings settings) : fleet_(std::move(settings)) {
    fleet_.StartAgent("eu-1", "eu-west-1");
    fleet_.directory().Write("gate.wsfleet.yaml", kSuite);
  }

  void Apply(const std::string& times) {
    const std::string file = fleet_.directory().Write(
        "schedules.yaml", fmt::format("version: wsfleet/v1\nschedules:\n  - name: gate\n    {}\n    run: {{suites: "
                                      "[gate.wsfleet.yaml], vars: {{target: \"{}\"}}}}\n",
                                      times, target_.ws_url()));
    const Finished applied = fleet_.Run({"schedules", "apply", "-f", file});
    ASSERT_EQ(applied.exit_code, 0) << applied.err;
  }

  // One that is stopped takes connections and answers none.
  void AskOnly(std::size_t replica) { asked_ = fleet_.client_address(replica); }
  Finished Ask(std::vector<std::string> arguments) {
    if (!asked_.empty()) arguments.insert(arguments.end(), {"--coordinator", asked_});
    return fleet_.Run(std::move(arguments));
  }

  json::value Schedule() {
    const Finished got = Ask({"schedules", "get", "gate", "-o", "json"});
    EXPECT_EQ(got.exit_code, 0) << got.err;
    return got.exit_code == 0 ? json::parse(got.out) : json::value(json::object());
  }
  std::int64_t Number(const char* name) {
    const json::value schedule = Schedule();
    const json::value* number = schedule.get_object().if_contains(name);
    return number == nullptr ? -1 : number->to_number<std::int64_t>();
  }
  bool AwaitStarted(std::int64_t least) {
    return WaitUntil([&] { return Number("started") >= least; });
  }

  // How many runs were made for each nominal time.
  std::map<absl::Time, int> RunsByTick() {
    const Finished list = Ask({"runs", "list", "--limit", "1000", "-o", "json"});
    EXPECT_EQ(list.exit_code, 0) << list.err;
    std::map<absl::Time, int> runs;
    const json::value listed = json::parse(list.out);
    for (const json::value& run : listed.as_array()) {
      absl::Time tick;
      std::string error;
      EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, std::string(run.at("tick").as_string()), &tick, &error)) << error;
      EXPECT_EQ(run.at("schedule").as_string(), "gate");
      ++runs[tick];
    }
    return runs;
  }

  // Each run asks the target.
  std::size_t AsksSeenByTarget() const {
    const std::string log = target_.access_log();
    std::size_t count = 0;
    for (std::size_t at = log.find("probe"); at != std::string::npos; at = log.find("probe", at + 1)) ++count;
    return count;
  }

  RealFleet& fleet() { return fleet_; }

 private:
  TargetServer target_{DemoTarget()};
  RealFleet fleet_;
  std::string asked_;
};

// The next of an interval's times is far enough that none passes while the test sets out.
absl::Duration IntervalFarFromItsNextTime() {
  for (int minutes = 60;; --minutes) {
    const absl::Duration every = absl::Minutes(minutes);
    if ((absl::Now() - absl::UnixEpoch()) % every < every / 2) return every;
  }
}

TEST(Fault23, ACoordinatorThatIsAwayOverThreeTimesCatchesUpWithinTheWindowAndCountsTheRest) {
  if (!WallClock::WhyNot().empty()) GTEST_SKIP() << WallClock::WhyNot();
  ScheduledFleet scheduled({});
  const absl::Duration every = IntervalFarFromItsNextTime();
  scheduled.Apply(fmt::format("every: {}m\n    overlap: allow\n    catch_up: {}m", every / absl::Minutes(1),
                              every * 1.5 / absl::Minutes(1)));
  const absl::Time now = absl::Now();
  const absl::Time first = now - (now - absl::UnixEpoch()) % every + every;
  scheduled.fleet().KillCoordinator();
  // It comes back a sixth of the interval after the third of them: that one and the second are in the window.
  const WallClock clock(first + every * 2 + every / 6 - now);
  scheduled.fleet().settings().coordinator.behind = clock.Behind();
  scheduled.fleet().StartCoordinator();
  ASSERT_TRUE(scheduled.AwaitStarted(2));
  EXPECT_EQ(scheduled.Number("started"), 2);
  EXPECT_EQ(scheduled.Number("missed"), 1);
  EXPECT_THAT(scheduled.RunsByTick(), ElementsAre(Pair(first + every, 1), Pair(first + every * 2, 1)));
  const json::value schedule = scheduled.Schedule();
  ASSERT_THAT(schedule.at("ticks").as_array(), SizeIs(3));
  const json::value& missed = schedule.at("ticks").at(2);
  EXPECT_EQ(missed.at("outcome").as_string(), "missed");
  EXPECT_EQ(missed.at("times").as_int64(), 1);
  EXPECT_TRUE(WaitUntil([&] { return scheduled.AsksSeenByTarget() >= 2; }));

  // What was decided stays so.
  scheduled.fleet().KillCoordinator();
  scheduled.fleet().StartCoordinator();
  EXPECT_EQ(scheduled.Number("started"), 2);
  EXPECT_EQ(scheduled.Number("missed"), 1);
  EXPECT_THAT(scheduled.RunsByTick(), SizeIs(2));
  EXPECT_EQ(scheduled.AsksSeenByTarget(), 2u);
}

// Row 20 for what goes by the wall clock: an hour ahead for a while, and right again.
TEST(ScheduleAnHourAhead, Fault20TakesEachTimeOnceAndNoRunIsRemovedThoughTheCoordinatorWasAnHourAhead) {
  if (!WallClock::WhyNot().empty()) GTEST_SKIP() << WallClock::WhyNot();
  WallClock clock;
  RealFleet::Settings settings;
  settings.coordinator.behind = clock.Behind();
  settings.coordinator_flags = {"--keep", "30m"};
  ScheduledFleet scheduled(settings);
  RealFleet& fleet = scheduled.fleet();
  scheduled.Apply("every: 1s\n    overlap: allow\n    catch_up: 10s");
  ASSERT_TRUE(scheduled.AwaitStarted(3));
  const std::map<absl::Time, int> in_time = scheduled.RunsByTick();
  clock.Set(absl::Hours(1));
  ASSERT_TRUE(WaitUntil([&] { return scheduled.Number("missed") > 0; }));
  EXPECT_GT(scheduled.Number("missed"), 3500);
  EXPECT_LE(scheduled.Number("missed"), 3600);
  fleet.KillCoordinator();
  fleet.StartCoordinator();
  ASSERT_TRUE(scheduled.AwaitStarted(scheduled.Number("started") + 2));
  fleet.KillCoordinator();
  clock.Set(absl::ZeroDuration());
  fleet.StartCoordinator();

  // Nothing is due before the true time has come to where it was.
  const std::map<absl::Time, int> runs = scheduled.RunsByTick();
  EXPECT_THAT(runs, Each(Pair(::testing::_, 1)));
  EXPECT_EQ(scheduled.Number("started"), std::ssize(runs));
  EXPECT_GT(runs.rbegin()->first, absl::Now() + absl::Minutes(50));
  for (const auto& [tick, times] : in_time) EXPECT_TRUE(runs.contains(tick)) << tick;
}

TEST(Fault24, TwoCoordinatorsMakeOneRunOfEachTimeEvenIfOneWakesUpAndGoesOn) {
  PostgresServer server;
  RealFleet::Settings settings;
  settings.postgres_url = server.CreateDatabase("fleet");
  settings.replicas = 2;
  settings.lease_time = "20s";
  ScheduledFleet scheduled(settings);
  RealFleet& fleet = scheduled.fleet();
  scheduled.Apply("every: 1s\n    overlap: allow\n    catch_up: 1h");
  ASSERT_TRUE(WaitUntil([&] { return fleet.Owner().has_value(); }));
  const std::size_t owner = *fleet.Owner();
  ASSERT_TRUE(scheduled.AwaitStarted(3));

  // Stopped in the middle of its seconds; the other one takes over, with the times that passed meanwhile.
  fleet.coordinator(owner).Signal(SIGSTOP);
  scheduled.AskOnly(1 - owner);
  ASSERT_TRUE(WaitUntil([&] { return fleet.coordinator(1 - owner).err().find("fleet owned") != std::string::npos; }));
  const std::int64_t before = scheduled.Number("started");
  ASSERT_TRUE(scheduled.AwaitStarted(before + 3));
  // It goes on with what it was about to do.
  fleet.coordinator(owner).Signal(SIGCONT);
  ASSERT_TRUE(WaitUntil([&] { return fleet.coordinator(owner).err().find("fleet given up") != std::string::npos; }))
      << fleet.coordinator(owner).err();
  ASSERT_TRUE(scheduled.AwaitStarted(scheduled.Number("started") + 2));
  EXPECT_EQ(scheduled.Ask({"schedules", "pause", "gate"}).exit_code, 0);

  const std::map<absl::Time, int> runs = scheduled.RunsByTick();
  EXPECT_THAT(runs, Each(Pair(::testing::_, 1)));
  EXPECT_EQ(scheduled.Number("started"), std::ssize(runs));
  EXPECT_EQ(scheduled.Number("missed"), 0);
  // Without a gap: every second from the first to the last.
  EXPECT_EQ((runs.rbegin()->first - runs.begin()->first) / absl::Seconds(1) + 1, std::ssize(runs));
  // A case whose result was not committed may have run again, and none did not run.
  EXPECT_TRUE(WaitUntil([&] { return scheduled.AsksSeenByTarget() >= runs.size(); })) << scheduled.AsksSeenByTarget();
}

}  // namespace
}  // namespace wsfleet::testing
