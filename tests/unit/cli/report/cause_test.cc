#include "cli/report/cause.h"

#include <string>
#include <utility>
#include <vector>

#include "cli/terminal/summary.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/cli/record.h"

// What one thing explains is told once.
namespace wsfleet::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// The failures of one region, each of a case of its own; attributed to nobody.
RunRecord Failed(std::vector<Failure> failures) {
  RunRecord record = BrokenInOneRegion();
  record.shards.resize(1);
  const CaseResult broken = record.shards[0].cases[1];
  record.shards[0].cases.clear();
  for (Failure& failure : failures) {
    CaseResult& result = record.shards[0].cases.emplace_back(broken);
    result.scenario = "case " + std::to_string(record.shards[0].cases.size());
    result.case_id = CaseId("chat/" + result.scenario);
    result.failure = std::move(failure);
  }
  record.summary.failures.clear();
  return record;
}

std::vector<std::size_t> Sizes(const RunRecord& record) {
  const std::vector<Finding> findings = Findings(record);
  std::vector<std::size_t> sizes;
  for (const Cause& cause : Causes(record, findings)) sizes.push_back(cause.findings.size());
  return sizes;
}

Failure Of(Phase phase, FailureClass failure_class, const std::string& message, std::uint32_t line = 3) {
  Failure failure;
  failure.phase = phase;
  failure.failure_class = failure_class;
  failure.message = message;
  failure.range = {"chat.wsfleet.yaml", line, 5, 7};
  return failure;
}

TEST(Causes, OfMessagesAreOneAtOneLineOfASuite) {
  const auto closed = [](std::uint32_t line) {
    return Of(Phase::kMessage, FailureClass::kClose, "the connection closed with 1011", line);
  };
  EXPECT_THAT(Sizes(Failed({closed(3), closed(3), closed(4), closed(3)})), ElementsAre(3, 1)) << "cells of a matrix";
}

TEST(Causes, AreNotSplitByTimes) {
  const auto late = [](const std::string& took) {
    return Of(Phase::kUpgrade, FailureClass::kLatency, "connecting took " + took + ", expected at most 300ms");
  };
  EXPECT_THAT(Sizes(Failed({late("503ms"), late("1.25s"), late("1m05s"), late("666µs")})), ElementsAre(4));
  EXPECT_THAT(Sizes(Failed({late("503ms"), late("503mystery")})), ElementsAre(1, 1));
}

TEST(Causes, LeaveOutOnlyTimes) {
  EXPECT_EQ(WithoutTimes("connecting took 503ms, expected at most 300ms"), "connecting took …, expected at most 300ms");
  EXPECT_EQ(WithoutTimes("came after 2h05m."), "came after ….");
  EXPECT_EQ(WithoutTimes("came 1.2s after `3s later`, later than max_time 1s"),
            "came … after `3s later`, later than max_time 1s");
  EXPECT_EQ(WithoutTimes("the agent was saturated, its event loop late by up to 53ms: it took 2s"),
            "the agent was saturated, its event loop late by up to …: it took …");
  EXPECT_EQ(WithoutTimes("v3s x5ms 7 mice 7mice 1.2.3.4"), "v3s x5ms 7 mice 7mice 1.2.3.4");
  EXPECT_EQ(WithoutTimes("took 5msx, took 5m_"), "took 5msx, took 5m_");
  EXPECT_EQ(WithoutTimes(""), "");
}

TEST(Causes, HoldTimesThatTheTargetWroteForItsOwn) {
  for (const char* message : {
           R"(expected "5m", found "10m")",
           R"(closed with 1011 "it took 10m")",
           R"(closed with 1011 "he said \"it took 10m\", took 10m")",
           R"(no matching frame ($.ttl = "took 5m") within 5s)",
           R"(expected a number at $.n, found 10m: it took 10m)",
           R"(found {"ttl": "10m"} took 10m)",
           R"(cut "it took 10m)",
       }) {
    EXPECT_EQ(WithoutTimes(message), message);
  }
  EXPECT_EQ(WithoutTimes("frame 3 (+12ms) was expected by no step: +12ms, took 12ms"),
            "frame 3 (+…) was expected by no step: +12ms, took 12ms");
}

TEST(Findings, OfOneCaseInTwoRegionsAreNotSplitByTimes) {
  RunRecord record = BrokenInOneRegion();
  record.shards[1].cases[1] = record.shards[0].cases[1];
  record.shards[0].cases[1].failure->message = "took 503ms";
  record.shards[1].cases[1].failure->message = "took 507ms";
  EXPECT_EQ(RegionList(Findings(record)[2]), "eu-west-1, us-east-1");
}

TEST(Findings, OfRegionsThatFoundDifferentValuesAreEachItsOwn) {
  RunRecord record = BrokenInOneRegion();
  record.shards[1].cases[1] = record.shards[0].cases[1];
  record.shards[0].cases[1].failure->message = R"(expected "5m", found "10m")";
  record.shards[1].cases[1].failure->message = R"(expected "5m", found "20m")";
  for (const std::string& text : {RenderSummary(record, true), RenderReport(record, "md")}) {
    EXPECT_THAT(text, HasSubstr("10m"));
    EXPECT_THAT(text, HasSubstr("20m"));
  }
}

TEST(Causes, ShowTheLogOfTheSameRequestWhoeverMadeIt) {
  std::vector<Failure> failures(3, Of(Phase::kUpgrade, FailureClass::kUpgradeRefused5xx, "answered with 500"));
  failures[0].evidence.logs = {{"file /log", false, {"ERROR of another"}, ""}};
  failures[2].evidence.logs = {{"file /log", true, {"AttributeError: x"}, ""}};
  const RunRecord record = Failed(failures);
  for (const std::string& text : {RenderSummary(record, true), RenderReport(record, "md")}) {
    EXPECT_THAT(text, HasSubstr("AttributeError: x"));
    EXPECT_THAT(text, HasSubstr("log (same request), of chat › case 3 in eu-west-1"));
    EXPECT_THAT(text, Not(HasSubstr("ERROR of another")));
  }
  failures[2].evidence.logs.clear();
  EXPECT_THAT(RenderSummary(Failed(failures), true),
              HasSubstr("= log: file /log (same time)\n   |  ERROR of another\n"));
}

TEST(Causes, OfSkipsAreOneLine) {
  RunRecord record = BrokenInOneRegion();
  for (ShardRecordWithCases& entry : record.shards) {
    entry.cases[0] = entry.cases[2];
    entry.cases[0].scenario = "one";
    entry.cases[0].case_id = CaseId("chat/one");
  }
  EXPECT_THAT(
      RenderSummary(record, true),
      HasSubstr("\n- chat › one, chat › three  eu-west-1, us-east-1  skipped: env-missing (STAGE is not set)\n"));
}

}  // namespace
}  // namespace wsfleet::cli
