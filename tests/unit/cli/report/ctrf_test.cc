#include <map>
#include <set>
#include <string>

#include "boost/json/parse.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/cli/record.h"

namespace wsfleet::cli {
namespace {

namespace json = boost::json;

using ::testing::HasSubstr;

// Members that the schema of CTRF 0.0.0 knows, by the type that it gives them; "!" marks those that it requires. It
// allows no others.
using Members = std::map<std::string, std::string>;
const Members kRoot{{"reportFormat", "string!"}, {"specVersion", "string!"}, {"results", "object!"},
                    {"reportId", "string"},      {"timestamp", "string"},    {"generatedBy", "string"},
                    {"extra", "object"}};
const Members kResults{
    {"tool", "object!"}, {"summary", "object!"}, {"tests", "array!"}, {"environment", "object"}, {"extra", "object"}};
const Members kTool{{"name", "string!"}, {"version", "string"}, {"extra", "object"}};
const Members kSummary{{"tests", "integer!"},   {"passed", "integer!"},  {"failed", "integer!"},
                       {"skipped", "integer!"}, {"pending", "integer!"}, {"other", "integer!"},
                       {"start", "integer!"},   {"stop", "integer!"},    {"flaky", "integer"},
                       {"suites", "integer"},   {"duration", "integer"}, {"extra", "object"}};
const Members kTest{{"name", "string!"},    {"status", "string!"}, {"duration", "integer!"}, {"start", "integer"},
                    {"stop", "integer"},    {"suite", "array"},    {"message", "string"},    {"trace", "string"},
                    {"snippet", "string"},  {"line", "integer"},   {"rawStatus", "string"},  {"filePath", "string"},
                    {"retries", "integer"}, {"flaky", "boolean"},  {"tags", "array"},        {"extra", "object"}};
const Members kEnvironment{{"appVersion", "string"}, {"testEnvironment", "string"}, {"extra", "object"}};

std::string TypeOf(const json::value& value) {
  return value.is_string()                       ? "string"
         : value.is_object()                     ? "object"
         : value.is_array()                      ? "array"
         : value.is_bool()                       ? "boolean"
         : value.is_int64() || value.is_uint64() ? "integer"
                                                 : "another";
}

void ExpectMembers(const json::value& value, const Members& members) {
  std::set<std::string> missing;
  for (const auto& [name, type] : members) {
    if (type.ends_with('!')) missing.insert(name);
  }
  for (const auto& [key, member] : value.as_object()) {
    const std::string name(key);
    ASSERT_TRUE(members.contains(name)) << name;
    EXPECT_EQ(TypeOf(member), members.at(name).substr(0, members.at(name).find('!'))) << name;
    missing.erase(name);
  }
  EXPECT_THAT(missing, ::testing::IsEmpty());
}

json::value Ctrf(const RunRecord& record) { return json::parse(RenderReport(record, "ctrf")); }

// A flaky pass and an inconclusive case beside what the record has.
RunRecord EveryOutcome() {
  RunRecord record = BrokenInOneRegion();
  for (ShardRecordWithCases& entry : record.shards) {
    for (CaseResult& result : entry.cases) result.revision = "3f9c2d1";
  }
  record.shards[1].cases[0].flaky = true;
  record.shards[1].cases[0].tries = 3;
  record.shards[1].cases.resize(2);
  record.shards[1].shard.reason = "agent us-1 was lost";
  Summarise(record);
  return record;
}

TEST(Ctrf, HasTheMembersAndTypesOfItsSchemaAndNoOthers) {
  const json::value report = Ctrf(EveryOutcome());
  ExpectMembers(report, kRoot);
  EXPECT_EQ(report.at("reportFormat").as_string(), "CTRF");
  EXPECT_EQ(report.at("specVersion").as_string(), "0.0.0");
  const json::value& results = report.at("results");
  ExpectMembers(results, kResults);
  ExpectMembers(results.at("tool"), kTool);
  ExpectMembers(results.at("summary"), kSummary);
  ExpectMembers(results.at("environment"), kEnvironment);
  ASSERT_EQ(results.at("tests").as_array().size(), 6u);
  for (const json::value& test : results.at("tests").as_array()) {
    ExpectMembers(test, kTest);
    EXPECT_THAT(std::string(test.at("status").as_string()),
                ::testing::AnyOf("passed", "failed", "skipped", "pending", "other"));
    EXPECT_FALSE(test.at("name").as_string().empty());
    ASSERT_FALSE(test.at("suite").as_array().empty());
    for (const json::value& part : test.at("suite").as_array()) EXPECT_TRUE(part.is_string());
  }
}

TEST(Ctrf, HasThemOfARunOnALocalFleetToo) {
  RunRecord record = BrokenInOneRegion();
  record.local = true;
  const json::value report = Ctrf(record);
  ExpectMembers(report.at("results").at("environment"), kEnvironment);
  EXPECT_EQ(report.at("results").at("environment").at("testEnvironment").as_string(), "local fleet on this machine");
}

TEST(Ctrf, CountsWhatItLists) {
  const json::value report = Ctrf(EveryOutcome());
  const json::value& summary = report.at("results").at("summary");
  for (const auto& [name, count] : std::map<std::string, int>{{"tests", 6},
                                                              {"passed", 3},
                                                              {"failed", 1},
                                                              {"skipped", 1},
                                                              {"pending", 0},
                                                              {"other", 1},
                                                              {"flaky", 1},
                                                              {"suites", 2},
                                                              {"duration", 3000}}) {
    EXPECT_EQ(summary.at(name).to_number<int>(), count) << name;
  }
}

TEST(Ctrf, SaysOfAFailureWhatWasSeenAndWhere) {
  const json::value report = Ctrf(EveryOutcome());
  const json::value& failed = report.at("results").at("tests").as_array().at(1);
  EXPECT_EQ(failed.at("status").as_string(), "failed");
  EXPECT_EQ(failed.at("duration").to_number<int>(), 12);
  EXPECT_THAT(std::string(failed.at("message").as_string()), HasSubstr("[upgrade-refused-5xx] the upgrade"));
  EXPECT_THAT(std::string(failed.at("trace").as_string()), HasSubstr("status 500"));
  EXPECT_EQ(failed.at("filePath").as_string(), "chat.wsfleet.yaml");
  EXPECT_EQ(failed.at("line").to_number<int>(), 2);
  EXPECT_THAT(std::string(failed.at("snippet").as_string()), HasSubstr("^^^^^^^"));
  EXPECT_EQ(failed.at("extra").at("failure").at("evidence").at("status").to_number<int>(), 500);
  EXPECT_EQ(failed.at("extra").at("region").as_string(), "eu-west-1");
}

TEST(Ctrf, CallsAnInconclusiveCaseOtherAndAPassAfterRetriesFlaky) {
  const json::value report = Ctrf(EveryOutcome());
  const json::array& tests = report.at("results").at("tests").as_array();
  EXPECT_TRUE(tests.at(3).at("flaky").as_bool());
  EXPECT_EQ(tests.at(3).at("retries").to_number<int>(), 2);
  const json::value& lost = tests.at(5);
  EXPECT_EQ(lost.at("status").as_string(), "other");
  EXPECT_EQ(lost.at("rawStatus").as_string(), "inconclusive");
  EXPECT_EQ(lost.at("retries").to_number<int>(), 0);
  EXPECT_FALSE(lost.as_object().contains("start"));
}

}  // namespace
}  // namespace wsfleet::cli
