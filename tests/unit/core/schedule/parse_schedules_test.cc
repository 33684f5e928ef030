#include "core/schedule/parse_schedules.h"

#include <string>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

std::string Errors(const std::string& text) {
  std::string out;
  for (const Diagnostic& diagnostic : ParseSchedules("s.yaml", text).diagnostics) {
    out += fmt::format("{}:{} {}\n", diagnostic.range.line, diagnostic.range.column, diagnostic.message);
  }
  return out;
}

// One good schedule, with this in place of its times and of the end of its run; the times stand in line 4.
std::string OneSchedule(const std::string& times, const std::string& run = "") {
  return "version: wsfleet/v1\nschedules:\n  - name: gate\n    " + times + "\n    run:\n      suites: [gate.yaml]\n" +
         run;
}

constexpr char kWhole[] = R"(version: wsfleet/v1
schedules:
  - name: staging-gate
    description: each working day
    cron: "*/5 9-17 * * MON-FRI"
    zone: Europe/Berlin
    jitter: 30s
    overlap: buffer_one
    catch_up: 10m
    run:
      suites: [gate.wsfleet.yaml, events]
      from: ["eu-*", us-east+arm64]
      require: any
      tags: [smoke]
      grep: gate/.*
      priority: 3
      repeat: 2
      vars: {target: staging, rate: 5, quoted: "5"}
      env_file: staging.env
      secrets: {TOKEN: env:STAGING_TOKEN, KEY: file:key.pem}
      agents_wait: 0s
      timeout: 5m
  - {name: plain, every: 30s, run: {suites: [gate.wsfleet.yaml], require: 2}}
)";

TEST(ParseSchedules, TakesEveryKey) {
  const SchedulesResult result = ParseSchedules("s.yaml", kWhole);
  ASSERT_THAT(result.schedules, SizeIs(2)) << Errors(kWhole);
  const ScheduleText& gate = result.schedules[0];
  EXPECT_EQ(gate.range.line, 3u);
  EXPECT_EQ(gate.spec.name, ScheduleName("staging-gate"));
  EXPECT_EQ(gate.spec.description, "each working day");
  EXPECT_EQ(gate.spec.timing.cron, "*/5 9-17 * * MON-FRI");
  EXPECT_EQ(gate.spec.timing.zone, "Europe/Berlin");
  EXPECT_EQ(gate.spec.timing.jitter, absl::Seconds(30));
  EXPECT_EQ(gate.spec.overlap, OverlapPolicy::kBufferOne);
  EXPECT_EQ(gate.spec.catch_up, absl::Minutes(10));
  EXPECT_THAT(gate.run.suites, ElementsAre("gate.wsfleet.yaml", "events"));
  EXPECT_THAT(gate.run.from, ElementsAre("eu-*", "us-east+arm64"));
  EXPECT_EQ(gate.run.require, "any");
  EXPECT_THAT(gate.run.tags, ElementsAre("smoke"));
  EXPECT_EQ(gate.run.grep, "gate/.*");
  EXPECT_EQ(gate.run.max_priority, 3u);
  EXPECT_EQ(gate.run.repeat, 2u);
  EXPECT_THAT(gate.run.vars, ElementsAre(Pair("target", "staging"), Pair("rate", "5"), Pair("quoted", "5")));
  EXPECT_EQ(gate.run.env_file, "staging.env");
  EXPECT_THAT(gate.run.secrets, ElementsAre(Pair("TOKEN", "env:STAGING_TOKEN"), Pair("KEY", "file:key.pem")));
  EXPECT_EQ(gate.run.agents_wait, absl::ZeroDuration());
  EXPECT_EQ(gate.run.timeout, absl::Minutes(5));
  const ScheduleText& plain = result.schedules[1];
  EXPECT_EQ(plain.spec.timing.every, absl::Seconds(30));
  EXPECT_EQ(plain.spec.timing.cron, "");
  EXPECT_EQ(plain.spec.overlap, OverlapPolicy::kSkip);
  EXPECT_EQ(plain.spec.catch_up, absl::Minutes(5));
  EXPECT_EQ(plain.run.require, "2");
  EXPECT_EQ(plain.run.agents_wait, std::nullopt);
}

TEST(ParseSchedules, SaysWhatIsWrongWithTheTimesAndWhere) {
  const std::vector<std::pair<std::string, std::string>> kMistakes = {
      {"cron: 0 25 * * *", "4:13 cron: hour: expected 0 to 23, found \"25\"\n"},
      {"cron: \"0 0 * FOO *\"", "4:18 cron: month: expected 1 to 12 or JAN to DEC, found \"FOO\"\n"},
      {"cron: 0 0 31 2 *", "4:11 cron: no month that it names has such a day, so it would never be due\n"},
      {"cron: 5", "4:11 cron: expected a text, found 5; write \"5\"\n"},
      {"overlap: skip", "3:5 a schedule has exactly one of cron, every\n"},
      {"cron: \"@daily\"\n    every: 5m", "3:5 a schedule has exactly one of cron, every\n"},
      {"every: 500ms", "4:12 every: expected 1s to 8784h, found \"500ms\"\n"},
      {"every: 5", "4:12 every: expected a duration with a unit, found 5; write 5s or 5ms\n"},
      {"every: 5m\n    zone: UTC", "5:11 zone: it is that of cron, and there is none\n"},
      {"cron: \"@daily\"\n    zone: Berlin", "5:11 unknown zone \"Berlin\"; did you mean \"Europe/Berlin\"?\n"},
      {"every: 1m\n    jitter: 2m", "5:13 jitter: expected 0s to 1m, found \"2m\"\n"},
      {"every: 1m\n    catch_up: 1s", "5:15 catch_up: expected 10s to 168h, found \"1s\"\n"},
      {"every: 1m\n    overlap: bufer_one",
       "5:14 overlap: expected one of skip, buffer_one, allow, cancel_other, found \"bufer_one\"; did you mean "
       "\"buffer_one\"?\n"},
      {"every: 1m\n    timezone: UTC",
       "5:5 unknown key \"timezone\"; expected name, description, cron, zone, every, "
       "jitter, overlap, catch_up, run\n"},
      {"crom: \"@daily\"",
       "3:5 a schedule has exactly one of cron, every\n"
       "4:5 unknown key \"crom\"; did you mean \"cron\"?\n"},
  };
  for (const auto& [times, expected] : kMistakes) EXPECT_EQ(Errors(OneSchedule(times)), expected) << times;
}

TEST(ParseSchedules, SaysWhatIsWrongWithTheRunAndWhere) {
  const std::vector<std::pair<std::string, std::string>> kMistakes = {
      {"from: [\"@last\"]", "7:15 from: term \"@last\": not in this version; name regions or agents\n"},
      {"from: []", "7:13 from: expected a list of 1 to 1000, found 0\n"},
      {"require: most", "7:16 require: expected all, any or a number of regions, found \"most\"\n"},
      {"require: 0", "7:16 require: expected a whole number, 1 to 1000, found 0\n"},
      {"grep: \"(\"", "7:14 grep: missing ): (\n"},
      {"vars: {env: 1}", "7:14 \"env\" is reserved for templates\n"},
      {"vars: {a: [1]}", "7:17 a: expected a text or a number, found a list\n"},
      {"secrets: {A: \"s3cr3t\"}",
       "7:21 A: expected env:VARIABLE or file:PATH; a value in the file would be read by everybody who reads the "
       "file\n"},
      {"secrets: {A: \"env:\"}",
       "7:21 A: expected env:VARIABLE or file:PATH; a value in the file would be read by everybody who reads the "
       "file\n"},
      {"timeout: 0s", "7:16 timeout: expected more than zero, found \"0s\"\n"},
      {"secret: {}", "7:7 unknown key \"secret\"; did you mean \"secrets\"?\n"},
  };
  for (const auto& [run, expected] : kMistakes) {
    EXPECT_EQ(Errors(OneSchedule("every: 1m", "      " + run + "\n")), expected) << run;
  }
}

TEST(ParseSchedules, SaysWhatIsWrongWithTheFile) {
  EXPECT_EQ(Errors("schedules: 1"),
            "1:1 the file: \"version\" is missing\n1:12 schedules: expected a list of at most "
            "1000, found 1\n");
  EXPECT_EQ(Errors("version: wsfleet/v1\nschedules: []\n"), "") << "the last one may be pruned";
  EXPECT_EQ(Errors("version: wsfleet/v2\nschedules: [{name: a, every: 1m, run: {suites: [x]}}]"),
            "1:10 version: expected wsfleet/v1, found \"wsfleet/v2\"\n");
  EXPECT_EQ(Errors("version: wsfleet/v1\nschedules: [{name: a b, every: 1m, run: {suites: [x]}}]"),
            "2:20 name: expected 1 to 64 letters, digits, . _ -, found \"a b\"\n");
  EXPECT_EQ(Errors("version: wsfleet/v1\nschedules:\n  - {name: a, every: 1m, run: {suites: [x]}}\n"
                   "  - {name: a, every: 1m, run: {suites: [x]}}\n"),
            "4:12 name: \"a\" is the name of another schedule, in line 3\n");
  EXPECT_EQ(Errors("version: wsfleet/v1\nschedules: [{}]"), "2:13 schedule: \"name\" is missing\n");
  EXPECT_EQ(Errors("version: wsfleet/v1\nname: s\nscenarios: []\n").substr(0, 19), "1:1 this is a suite");
  EXPECT_EQ(Errors("# nothing yet\n"), "1:1 empty file; expected version, schedules\n");
  EXPECT_EQ(Errors("- a"), "1:1 the file: expected a mapping, found a list\n");
}

}  // namespace
}  // namespace wsfleet
