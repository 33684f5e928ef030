#include <string>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

// Schedules as a person keeps them: a file, its difference, what it runs, and the end of it.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

namespace json = boost::json;

constexpr char kScheduledSuite[] = R"(version: wsfleet/v1
name: gate
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
auth: {user: {jwt: {alg: HS256, key: "${secret.JWT_KEY}", claims: {sub: somebody}}}}
scenarios:
  - name: connects
    steps:
      - connect: {path: /ws, auth: user}
      - expect: {match: {$.type: connection_established}}
)";

class Schedules : public ::testing::Test {
 protected:
  // `times`: of the schedule `gate`.
  std::string File(const std::string& times, const std::string& more = "") const {
    return fleet_.directory().Write("schedules.yaml", fmt::format(R"(version: wsfleet/v1
schedules:
  - name: gate
    {}
    run:
      suites: [suites/gate.wsfleet.yaml]
      from: [eu-west-1]
      vars: {{target: "{}"}}
      secrets: {{JWT_KEY: file:jwt.key}}
{})",
                                                                  times, target_.ws_url(), more));
  }

  Finished Apply(const std::string& file, std::vector<std::string> flags = {}) const {
    std::vector<std::string> arguments = {"schedules", "apply", "-f", file};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return fleet_.Run(arguments);
  }

  json::value Get(const std::string& name = "gate") const {
    const Finished got = fleet_.Run({"schedules", "get", name, "-o", "json"});
    EXPECT_EQ(got.exit_code, 0) << got.err;
    return json::parse(got.out);
  }

  TargetServer target_{DemoTarget()};
  RealFleet fleet_;
  std::string suite_ = fleet_.directory().Write("suites/gate.wsfleet.yaml", kScheduledSuite);
  std::string key_ = fleet_.directory().Write("jwt.key", kDemoKey);
};

constexpr char kDaily[] = "cron: \"30 2 * * *\"\n    zone: Europe/Berlin";

TEST_F(Schedules, AreAppliedWithTheirDifferenceFirstAndTheSameAgainChangesNothing) {
  const std::string file = File(kDaily);
  const Finished dry = Apply(file, {"--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_THAT(dry.out, StartsWith("+ gate\n    times        30 2 * * * Europe/Berlin\n"));
  EXPECT_THAT(dry.out, HasSubstr("\n1 new\n"));
  EXPECT_EQ(fleet_.Run({"schedules", "list", "-o", "name"}).out, "");

  const Finished created = Apply(file);
  EXPECT_EQ(created.exit_code, 0) << created.err;
  EXPECT_EQ(created.out, dry.out);
  EXPECT_THAT(created.err, HasSubstr("schedule gate is created"));
  const Finished again = Apply(file);
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, "= gate\n1 unchanged\n");
  EXPECT_EQ(again.err, "");
  EXPECT_EQ(Get().at("version").as_int64(), 1);
}

TEST_F(Schedules, ShowWhatChangesInFilesSecretsAndTimes) {
  const std::string file = File(kDaily);
  ASSERT_EQ(Apply(file).exit_code, 0);
  fleet_.directory().Write("jwt.key", "another-key");
  EXPECT_EQ(Apply(file, {"--dry-run"}).out, "~ gate\n    secrets      other values\n1 to change\n");
  fleet_.directory().Write("jwt.key", kDemoKey);
  fleet_.directory().Write("suites/gate.wsfleet.yaml", std::string(kScheduledSuite) + "# a comment\n");
  EXPECT_EQ(Apply(file, {"--dry-run"}).out, "~ gate\n    files        ~ gate.wsfleet.yaml\n1 to change\n");
  const Finished changed = Apply(File("every: 12h", "      timeout: 90s\n"));
  EXPECT_EQ(changed.exit_code, 0) << changed.err;
  EXPECT_THAT(changed.out, HasSubstr("    times        30 2 * * * Europe/Berlin → every 12h\n"));
  EXPECT_THAT(changed.out, HasSubstr("    timeout      10m → 90s\n"));
  EXPECT_EQ(Get().at("version").as_int64(), 2);
  EXPECT_THAT(Get().at("next").as_array(), SizeIs(5));
}

TEST_F(Schedules, RunByTheTimeAndAreSeenInTheRuns) {
  fleet_.StartAgent("eu-1", "eu-west-1");
  ASSERT_EQ(Apply(File("every: 1s")).exit_code, 0);
  ASSERT_TRUE(WaitUntil([&] { return Get().as_object().contains("last_verdict"); }));
  EXPECT_EQ(fleet_.Run({"schedules", "pause", "gate", "--reason", "seen enough"}).exit_code, 0);
  ASSERT_TRUE(WaitUntil([&] { return Get().as_object().contains("last_verdict"); }));
  const json::value schedule = Get();
  EXPECT_EQ(schedule.at("state").as_string(), "paused");
  EXPECT_THAT(schedule.at("next").as_array(), IsEmpty());
  EXPECT_EQ(schedule.at("last_verdict").as_string(), "passed");
  const Finished shown = fleet_.Run({"schedules", "get", "gate"});
  EXPECT_THAT(shown.out, StartsWith("Schedule gate  paused (seen enough)\n"));
  EXPECT_THAT(shown.out, HasSubstr(" passed"));
  EXPECT_THAT(shown.out, Not(HasSubstr(kDemoKey)));

  const std::string job(schedule.at("last_job").as_string());
  const Finished list = fleet_.Run({"runs", "list", "-o", "wide"});
  EXPECT_THAT(list.out, HasSubstr("SCHEDULE"));
  const json::value runs = json::parse(fleet_.Run({"runs", "list", "-o", "json"}).out);
  EXPECT_EQ(runs.at(0).at("schedule").as_string(), "gate");
  EXPECT_TRUE(runs.at(0).as_object().contains("tick"));
  EXPECT_THAT(fleet_.Run({"runs", "get", job}).out, HasSubstr(" · schedule gate, due "));
  EXPECT_THAT(fleet_.Run({"runs", "logs", job}).out, HasSubstr("schedule gate: due at "));
}

TEST_F(Schedules, RunByHandUnderAKeyOnce) {
  fleet_.StartAgent("eu-1", "eu-west-1");
  ASSERT_EQ(Apply(File(kDaily)).exit_code, 0);
  const Finished first = fleet_.Run({"schedules", "trigger", "gate", "--run-key", "ci-7"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(fleet_.Run({"schedules", "trigger", "gate", "--run-key", "ci-7"}).out, first.out);
  const std::string job = first.out.substr(0, first.out.size() - 1);
  EXPECT_EQ(fleet_.Run({"schedules", "trigger", "gate", "--run-key", "ci-7", "-o", "json"}).out,
            "{\"job\":\"" + job + "\",\"attached\":true}\n");
  EXPECT_EQ(fleet_.Run({"runs", "wait", job}).exit_code, 0);
  EXPECT_THAT(fleet_.Run({"runs", "get", job}).out, HasSubstr(" · schedule gate, by hand"));
}

TEST_F(Schedules, ThatNoFileHasAreDeletedOnRequestOnly) {
  ASSERT_EQ(Apply(File(kDaily)).exit_code, 0);
  const std::string other = fleet_.directory().Write(
      "other.yaml",
      "version: wsfleet/v1\nschedules:\n  - {name: other, every: 12h, run: {suites: [suites/gate.wsfleet.yaml], "
      "secrets: {JWT_KEY: file:jwt.key}}}\n");
  EXPECT_EQ(Apply(other).exit_code, 0);
  EXPECT_EQ(fleet_.Run({"schedules", "list", "-o", "name"}).out, "gate\nother\n");
  // Nobody can be asked here.
  const Finished refused = Apply(other, {"--prune"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.out, HasSubstr("- gate\n"));
  EXPECT_THAT(refused.err, HasSubstr("add --yes (nothing was changed)"));
  EXPECT_EQ(Apply(other, {"--prune", "--yes"}).exit_code, 0);
  EXPECT_EQ(fleet_.Run({"schedules", "list", "-o", "name"}).out, "other\n");
  const std::string none = fleet_.directory().Write("none.yaml", "version: wsfleet/v1\nschedules: []\n");
  EXPECT_THAT(Apply(none).err, HasSubstr("expected at least one schedule, found none; with --prune"));
  EXPECT_EQ(Apply(none, {"--prune", "--dry-run"}).out, "- other\n1 to delete\n");
  EXPECT_EQ(fleet_.Run({"schedules", "delete", "other"}).exit_code, 0);
  EXPECT_EQ(fleet_.Run({"schedules", "delete", "other"}).exit_code, 2);
}

TEST_F(Schedules, OfAFileThatIsWrongAreRefusedWithoutACoordinator) {
  const Finished wrong = Apply(File("cron: \"0 25 * * *\""));
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("schedules.yaml:4:14: cron: hour: expected 0 to 23, found \"25\""));
  EXPECT_THAT(wrong.err, HasSubstr("^^"));
  EXPECT_EQ(fleet_.Run({"schedules", "get", "nope"}).exit_code, 2);
  EXPECT_THAT(fleet_.Run({"schedules", "get", "nope"}).err, HasSubstr("no schedule \"nope\""));
}

}  // namespace
}  // namespace wsfleet::testing
