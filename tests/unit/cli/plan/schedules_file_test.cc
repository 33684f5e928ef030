#include "cli/plan/schedules_file.h"

#include <string>
#include <vector>

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;
using testing::TemporaryDirectory;

constexpr char kScheduledSuite[] =
    "version: wsfleet/v1\n"
    "name: a\n"
    "target: ws://127.0.0.1:9\n"
    "requires: [{env: STAGE}]\n"
    "auth: {user: {token: \"${secret.KEY}\"}}\n"
    "scenarios:\n"
    "  - {name: one, steps: [{connect: {path: \"/${env.STAGE}\", auth: user}}, {ping: {}}]}\n";

class SchedulesFileTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& run, const std::string& name = "gate", const std::string& file = "s.yaml") {
    return directory_.Write(file, "version: wsfleet/v1\nschedules:\n  - name: " + name +
                                      "\n    every: 1m\n    run: {suites: [suites/a.wsfleet.yaml], " + run + "}\n");
  }
  std::string Problem(const std::vector<std::string>& paths) {
    const auto schedules = ReadSchedules(paths, environment_);
    return schedules.ok() ? "none" : std::string(ToStd(schedules.status().message()));
  }

  TemporaryDirectory directory_;
  std::string suite_ = directory_.Write("suites/a.wsfleet.yaml", kScheduledSuite);
  Environment environment_{{"STAGE", "1"}, {"KEY", "k-value"}};
};

TEST_F(SchedulesFileTest, FindsFilesFromWhereItIs) {
  directory_.Write("keys/key", "from-file\n");
  directory_.Write("stage.env", "STAGE=from-file\n");
  const auto schedules = ReadSchedules(
      {Write("secrets: {KEY: file:keys/key}, env_file: stage.env, require: any, timeout: 90s, from: [eu-*]")},
      environment_);
  ASSERT_TRUE(schedules.ok()) << schedules.status();
  ASSERT_THAT(*schedules, SizeIs(1));
  const Prepared& run = (*schedules)[0].run;
  EXPECT_THAT(run.files.bundle.suites, ElementsAre("a.wsfleet.yaml"));
  EXPECT_THAT(run.options.secrets, ElementsAre(Pair("KEY", "from-file")));
  EXPECT_THAT(run.options.spec.variables.env, ElementsAre(Pair("STAGE", "from-file")));
  EXPECT_THAT(run.options.spec.from, ElementsAre("eu-*"));
  EXPECT_EQ(run.options.spec.require, 1u);
  EXPECT_EQ(run.options.spec.deadline, absl::Seconds(90));
  EXPECT_TRUE(run.options.has_deadline);
  EXPECT_TRUE(run.options.spec.detached);
}

TEST_F(SchedulesFileTest, LeavesOpenWhatTheSuitesSay) {
  const auto schedules = ReadSchedules({Write("secrets: {KEY: env:KEY}")}, environment_);
  ASSERT_TRUE(schedules.ok()) << schedules.status();
  const SubmitOptions& options = (*schedules)[0].run.options;
  EXPECT_FALSE(options.has_deadline);
  EXPECT_FALSE(options.require_all);
  EXPECT_EQ(options.spec.require, std::nullopt);
  EXPECT_TRUE(options.spec.from.empty());
}

TEST_F(SchedulesFileTest, NamesTheScheduleWhoseFilesAreWrong) {
  const std::string path = Write("secrets: {KEY: env:NOT_SET}");
  EXPECT_THAT(Problem({path}), HasSubstr(path + ":3:11: schedule gate: secret KEY: the environment variable"));
  directory_.Write("suites/a.wsfleet.yaml", "version: wsfleet/v1\nname: a\nscenarioz: []\n");
  EXPECT_THAT(Problem({Write("repeat: 1")}), HasSubstr("suites/a.wsfleet.yaml:3:1"));
  const std::string broken = directory_.Write("b.yaml", "version: wsfleet/v1\nschedules: [{nam: x}]\n");
  EXPECT_THAT(Problem({broken}), HasSubstr(broken + ":2:14"));
  EXPECT_THAT(Problem({broken}), HasSubstr("did you mean \"name\"?"));
}

TEST_F(SchedulesFileTest, TakesANameOnceOverAllFiles) {
  const std::string run = "secrets: {KEY: env:KEY}";
  EXPECT_EQ(Problem({Write(run), Write(run, "other", "t.yaml")}), "none");
  EXPECT_THAT(Problem({Write(run), Write(run, "gate", "t.yaml")}), HasSubstr("stands in another file too"));
}

}  // namespace
}  // namespace wsfleet::cli
