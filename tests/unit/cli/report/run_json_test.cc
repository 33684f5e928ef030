#include "cli/report/run_json.h"

#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "cli/report/finding.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/cli/record.h"

namespace wsfleet::cli {
namespace {

namespace json = boost::json;

using ::testing::HasSubstr;

RunRecord ReadBack(const json::value& value) {
  auto record = RunRecordFromJson(value);
  EXPECT_TRUE(record.ok()) << record.status();
  return record.ok() ? *std::move(record) : RunRecord();
}

std::string ProblemOf(const std::string& text) {
  const auto record = RunRecordFromJson(json::parse(text));
  return record.ok() ? "none" : std::string(ToStd(record.status().message()));
}

TEST(RunJson, ComesBackAsItWasInEveryFormat) {
  RunRecord record = BrokenInOneRegion();
  record.shards[1].cases.resize(1);
  record.shards[1].shard.reason = "agent us-1 was lost";
  record.shards[1].shard.state = ShardState::kLost;
  record.job.spec.require = 1;
  Summarise(record);
  const RunRecord back = ReadBack(ToJson(record));
  for (const char* format : {"json", "junit", "ctrf", "html", "md"}) {
    EXPECT_EQ(RenderReport(back, format), RenderReport(record, format)) << format;
  }
  EXPECT_EQ(back.job.spec.cases, record.job.spec.cases);
  EXPECT_EQ(back.shards[1].shard.state, ShardState::kLost);
}

TEST(RunJson, HoldsTheAuthorsFilesThatAFailurePointsAtAndNoOthers) {
  RunRecord record = BrokenInOneRegion();
  record.bundle.files["large.bin"] = "\xff\xfe";
  record.bundle.files["other.wsfleet.yaml"] = "version: wsfleet/v1\n";
  const json::value value = ToJson(record);
  EXPECT_EQ(value.at("sources").as_object().size(), 1u);
  EXPECT_EQ(ReadBack(value).bundle.files.at("chat.wsfleet.yaml"), record.bundle.files.at("chat.wsfleet.yaml"));
}

TEST(RunJson, KeepsThatARunHasNotEnded) {
  RunRecord record = BrokenInOneRegion();
  record.job.verdict.reset();
  EXPECT_FALSE(ReadBack(ToJson(record)).job.verdict.has_value());
}

TEST(RunJson, OfAnEarlierVersionIsReadWithoutItsPlan) {
  json::value value = ToJson(BrokenInOneRegion());
  for (const char* added : {"cases", "ended", "sources", "require"}) value.as_object().erase(added);
  const RunRecord back = ReadBack(value);
  EXPECT_EQ(back.job.verdict, JobVerdict::kFailed);
  EXPECT_EQ(back.job.spec.cases.size(), 3u);
  EXPECT_EQ(back.summary.counts.failed, 1u);
  EXPECT_EQ(back.summary.counts.total(), 6u);
}

// "two" failed in eu-west-1 only, and is named so, as is each other case by its number.
RunRecord Numbered(const std::string& one, const std::string& two, const std::string& three) {
  RunRecord record = BrokenInOneRegion();
  record.job.spec.cases.clear();
  for (ShardRecordWithCases& entry : record.shards) {
    entry.cases[2].outcome = Outcome::kPassed;
    for (std::size_t i = 0; i < entry.cases.size(); ++i) {
      entry.cases[i].scenario = i == 0 ? one : i == 1 ? two : three;
      entry.cases[i].case_id = CaseId("chat/" + entry.cases[i].scenario);
      if (&entry == &record.shards[0]) record.job.spec.cases.push_back(entry.cases[i].case_id);
    }
  }
  return record;
}

TEST(RunJson, KeepsWhetherTheRunWasRepeatedSoThatNamesThatEndInANumberAreNoRounds) {
  RunRecord record = Numbered("bug #12", "bug #14", "bug #15");
  Summarise(record);
  const RunRecord back = ReadBack(ToJson(record));
  EXPECT_EQ(back.summary.failures.at(0).scenario, "bug #14");
  EXPECT_EQ(back.summary.failures.at(0).attribution, Attribution::kRegionPath);
  EXPECT_NE(AttributionOf(back, back.shards[0].cases[1]), nullptr);
  EXPECT_EQ(RenderReport(back, "json"), RenderReport(record, "json"));
}

TEST(RunJson, OfAnEarlierVersionIsARepeatedRunWhereEachCaseIsARound) {
  RunRecord record = Numbered("one #1", "one #2", "one #3");
  record.job.spec.selection.repeat = 3;
  Summarise(record);
  json::value value = ToJson(record);
  value.as_object().erase("repeat");
  const RunRecord back = ReadBack(value);
  EXPECT_EQ(back.summary.failures.at(0).scenario, "one");
  EXPECT_EQ(back.summary.failures.at(0).attribution, Attribution::kIntermittent);
}

TEST(RunJson, IsRefusedWithThePathOfWhatIsWrong) {
  EXPECT_THAT(ProblemOf("[]"), HasSubstr("run: expected an object"));
  EXPECT_THAT(ProblemOf("{}"), HasSubstr("run.schema: expected \"wsfleet/run/v1\", found \"\""));
  const json::value whole = ToJson(BrokenInOneRegion());
  const auto problem_with = [&](const char* name, const json::value& wrong) {
    json::value changed = whole;
    changed.as_object()[name] = wrong;
    return ProblemOf(json::serialize(changed));
  };
  EXPECT_THAT(problem_with("job", 1), HasSubstr("run.job: expected a string"));
  EXPECT_THAT(problem_with("shards", json::parse(R"([{"cases": [{"outcome": "fine"}]}])")),
              HasSubstr("run.shards[0].cases[0]: result.outcome"));
  EXPECT_THAT(problem_with("sources", json::parse(R"({"a": 1})")), HasSubstr("run.sources.a"));
}

TEST(RunJson, IsRefusedWithTheNameOfWhatIsMissing) {
  EXPECT_EQ(ProblemOf(R"({"schema": "wsfleet/run/v1"})"), "run.job: expected a value, found none");
  for (const char* name : {"job", "verdict", "created", "shards"}) {
    json::value value = ToJson(BrokenInOneRegion());
    value.as_object().erase(name);
    EXPECT_EQ(ProblemOf(json::serialize(value)), std::string("run.") + name + ": expected a value, found none");
  }
}

}  // namespace
}  // namespace wsfleet::cli
