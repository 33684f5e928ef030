#include "core/verdict/summary.h"

#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/core/verdict/regions.h"

namespace wsfleet {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Missing;
using testing::Region;
using testing::Result;
using ::testing::SizeIs;

const CaseResult kPass = Result("one", Outcome::kPassed);
const CaseResult kFail = Result("two", Outcome::kFailed, FailureClass::kUpgradeRefused5xx);
const CaseResult kUnsure = Result("three", Outcome::kInconclusive, FailureClass::kConfig);
const CaseResult kSkip = Result("four", Outcome::kSkipped);

struct Row {
  const char* what;
  std::vector<RegionResult> regions;
  std::optional<std::uint32_t> require;
  Ending ending;
  JobVerdict expected;
};

TEST(Verdict, OfAJobIsThatOfTheTruthTable) {
  const RegionResult passed = Region("eu", {kPass}), failed = Region("us", {kPass, kFail}),
                     unsure = Region("ap", {kPass, kUnsure}), skipped = Region("sa", {kSkip}),
                     missing = Missing("af", "no agent within 30s");
  const Row table[] = {
      {"all pass", {passed, Region("us", {kPass})}, {}, {}, JobVerdict::kPassed},
      {"a skipped case beside a pass", {Region("eu", {kPass, kSkip})}, {}, {}, JobVerdict::kPassed},
      {"one failed", {passed, failed}, {}, {}, JobVerdict::kFailed},
      {"failed beats inconclusive in a region", {Region("eu", {kFail, kUnsure})}, {}, {}, JobVerdict::kFailed},
      {"failed beats inconclusive in a job", {failed, unsure, missing}, {}, {}, JobVerdict::kFailed},
      {"one inconclusive", {passed, unsure}, {}, {}, JobVerdict::kInconclusive},
      {"one missing", {passed, missing}, {}, {}, JobVerdict::kInconclusive},
      {"everything skipped", {skipped, skipped}, {}, {}, JobVerdict::kInconclusive},
      {"nothing at all", {}, {}, {}, JobVerdict::kInconclusive},
      {"any: one passes, one fails", {passed, failed}, 1, {}, JobVerdict::kPassed},
      {"any: one passes, one is missing", {passed, missing}, 1, {}, JobVerdict::kPassed},
      {"any: none passes", {failed, failed}, 1, {}, JobVerdict::kFailed},
      {"two of three, one failed", {passed, Region("ap", {kPass}), failed}, 2, {}, JobVerdict::kPassed},
      {"two of three, two failed", {passed, failed, Region("ap", {kFail})}, 2, {}, JobVerdict::kFailed},
      {"two of three, one failed, one missing", {passed, failed, missing}, 2, {}, JobVerdict::kInconclusive},
      {"more required than there are", {passed}, 5, {}, JobVerdict::kInconclusive},
      {"more required than there are, one failed", {passed, failed}, 5, {}, JobVerdict::kFailed},
      {"cancelled beats all", {failed}, {}, {.deadline_passed = true, .cancelled = true}, JobVerdict::kCancelled},
      {"a deadline", {passed, missing}, {}, {.deadline_passed = true, .cancelled = false}, JobVerdict::kTimedOut},
      {"failed beats a deadline", {failed}, {}, {.deadline_passed = true, .cancelled = false}, JobVerdict::kFailed},
  };
  for (const Row& row : table) {
    EXPECT_EQ(Summarise(row.regions, row.require, row.ending).verdict, row.expected) << row.what;
  }
}

CaseResult On(const std::string& name, const std::string& origin, Outcome outcome = Outcome::kPassed) {
  CaseResult result = Result("one", outcome);
  result.target_name = name;
  result.target = origin;
  return result;
}

TEST(Verdict, IsNoPassWhereAgentsChoseDifferentTargets) {
  const RegionResult eu = Region("eu", {On("stage", "wss://stage:443")}),
                     us = Region("us", {On("local", "ws://local:80")});
  const RegionResult both[] = {eu, us};
  const JobSummary summary = Summarise(both, std::nullopt, Ending());
  EXPECT_EQ(summary.verdict, JobVerdict::kInconclusive);
  EXPECT_THAT(summary.reasons, Contains("config: agents chose different targets for suite: local in us, stage in eu"));
  // Of one region, too: its shard may have gone from one agent to another.
  const RegionResult moved[] = {Region("eu", {On("stage", ""), On("local", "")})};
  EXPECT_EQ(Summarise(moved, std::nullopt, Ending()).verdict, JobVerdict::kInconclusive);
  // What has failed has failed wherever it ran.
  const RegionResult failed[] = {eu, Region("us", {On("local", "", Outcome::kFailed)})};
  EXPECT_EQ(Summarise(failed, std::nullopt, Ending()).verdict, JobVerdict::kFailed);
}

TEST(Verdict, IsAPassWhereOneTargetHasAnAddressForEachRegion) {
  const RegionResult named[] = {Region("eu", {On("stage", "wss://eu.stage:443")}),
                                Region("us", {On("stage", "wss://us.stage:443")})};
  EXPECT_EQ(Summarise(named, std::nullopt, Ending()).verdict, JobVerdict::kPassed);
  // Where nothing ran, nothing was chosen.
  CaseResult skipped = On("local", "ws://local:80", Outcome::kSkipped);
  const RegionResult beside[] = {Region("eu", {On("stage", "wss://stage:443"), skipped})};
  EXPECT_EQ(Summarise(beside, std::nullopt, Ending()).verdict, JobVerdict::kPassed);
}

TEST(Verdict, HasTheExitCodeOfItsKind) {
  EXPECT_EQ(ExitCode(JobVerdict::kPassed), 0);
  EXPECT_EQ(ExitCode(JobVerdict::kFailed), 1);
  EXPECT_EQ(ExitCode(JobVerdict::kInconclusive), 3);
  EXPECT_EQ(ExitCode(JobVerdict::kTimedOut), 124);
  EXPECT_EQ(ExitCode(JobVerdict::kCancelled), 130);
}

TEST(Verdict, IsReadByTheNameItIsWrittenBy) {
  for (const JobVerdict verdict : {JobVerdict::kPassed, JobVerdict::kFailed, JobVerdict::kInconclusive,
                                   JobVerdict::kTimedOut, JobVerdict::kCancelled}) {
    EXPECT_EQ(ParseJobVerdict(JobVerdictName(verdict)), verdict);
  }
  EXPECT_FALSE(ParseJobVerdict("perhaps").has_value());
}

TEST(Summary, CountsCasesAndNamesWhatIsMissing) {
  const RegionResult regions[] = {Region("eu", {kPass, kFail, kSkip}), Missing("us", "no agent within 30s")};
  const JobSummary summary = Summarise(regions, std::nullopt, Ending());
  EXPECT_EQ(summary.counts.passed, 1u);
  EXPECT_EQ(summary.counts.failed, 1u);
  EXPECT_EQ(summary.counts.skipped, 1u);
  EXPECT_THAT(summary.reasons, Contains(HasSubstr("us: no agent within 30s")));
}

TEST(Summary, SaysOnceWhyTheWholeRunEnded) {
  const std::string why = "the run's deadline of 1s has passed";
  const RegionResult regions[] = {Missing("eu", why), Missing("us", "no agent within 30s")};
  const JobSummary summary =
      Summarise(regions, std::nullopt, {.deadline_passed = true, .cancelled = false, .why = why});
  EXPECT_THAT(summary.reasons, ElementsAre(why, "eu: 1 of 1 cases have no result",
                                           "us: no agent within 30s (1 of 1 cases have no result)"));
}

TEST(Summary, CountsARegionOnceHoweverManyOfItsAgentsRan) {
  const RegionResult good = Region("eu", {kPass}), bad = Region("eu", {kFail}), other = Region("us", {kPass});
  const auto verdict = [](const std::vector<RegionResult>& regions, std::uint32_t require) {
    return Summarise(regions, require, Ending()).verdict;
  };
  EXPECT_EQ(verdict({good, good, other}, 2), JobVerdict::kPassed);
  EXPECT_EQ(verdict({good, bad, other}, 1), JobVerdict::kPassed);
  EXPECT_EQ(verdict({good, bad, other}, 2), JobVerdict::kFailed);
  EXPECT_EQ(verdict({good, Missing("eu", "agent eu-2 was lost"), other}, 2), JobVerdict::kInconclusive);
}

TEST(Summary, NamesAFewOfTheManyAgentsWhoseResultsAreMissing) {
  std::vector<RegionResult> regions{Region("eu", {kPass})};
  for (int i = 1; i <= 500; ++i) regions.push_back(Missing("eu", "agent eu-" + std::to_string(i) + " was lost"));
  const JobSummary summary = Summarise(regions, std::nullopt, Ending());
  EXPECT_THAT(summary.reasons, SizeIs(4));
  EXPECT_THAT(summary.reasons, Contains(HasSubstr("agent eu-3 was lost")));
  EXPECT_THAT(summary.reasons, Contains(HasSubstr("497 more of its 501 agents")));
}

TEST(Summary, SaysWhyARunInWhichEverythingWasSkippedIsNoPass) {
  CaseResult skipped = kSkip;
  skipped.skip_reason = SkipReason::kEnvMissing;
  skipped.skip_detail = "STAGE is not set";
  const RegionResult regions[] = {Region("eu", {skipped})};
  EXPECT_THAT(Summarise(regions, std::nullopt, Ending()).reasons, Contains(HasSubstr("STAGE is not set")));
}

}  // namespace
}  // namespace wsfleet
