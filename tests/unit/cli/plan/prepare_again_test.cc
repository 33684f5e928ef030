#include "cli/plan/prepare_again.h"

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr char kSuiteBefore[] =
    "version: wsfleet/v1\n"
    "name: a\n"
    "target: \"${stage}\"\n"
    "vars: {stage: \"ws://127.0.0.1:9\"}\n"
    "auth: {user: {token: \"${secret.KEY}\"}}\n"
    "scenarios:\n"
    "  - {name: \"one.two\", steps: [{connect: {path: /}}, {ping: {}}]}\n"
    "  - {name: \"one-two\", steps: [{connect: {path: /}}, {ping: {}}]}\n"
    "  - {name: safe, steps: [{connect: {path: /, auth: user}}, {ping: {}}]}\n";

class PrepareAgainTest : public ::testing::Test {
 protected:
  PrepareAgainTest() {
    JobRecord& job = record_.job;
    job.id = JobId("r-1");
    job.verdict = JobVerdict::kFailed;
    job.spec.cases = {CaseId("a/one.two"), CaseId("a/one-two"), CaseId("a/safe")};
    job.spec.variables.vars["stage"] = "ws://127.0.0.1:10";
    job.spec.from = {"eu-*", "us-east-1"};
    job.spec.require = 1;
    job.spec.agents_wait = absl::Seconds(4);
    job.spec.deadline = absl::Minutes(2);
    job.spec.key = RunKey("build-7");
    record_.bundle.suites = {"a.wsfleet.yaml"};
    record_.bundle.files["a.wsfleet.yaml"] = kSuiteBefore;
    for (const char* region : {"eu-west-1", "us-east-1"}) {
      ShardRecordWithCases& entry = record_.shards.emplace_back();
      entry.shard.region = RegionName(region);
      for (const CaseId& id : job.spec.cases) {
        CaseResult& result = entry.cases.emplace_back();
        result.case_id = id;
        result.outcome = Outcome::kPassed;
      }
    }
  }

  void SetOutcome(std::size_t region, std::size_t number, Outcome outcome) {
    CaseResult& result = record_.shards[region].cases[number];
    result.outcome = outcome;
    if (outcome == Outcome::kFailed || outcome == Outcome::kInconclusive) result.failure.emplace();
  }
  absl::StatusOr<Prepared> Again(bool failed_only, const std::vector<std::string>& secrets = {"KEY"}) {
    return PrepareAgain(record_, failed_only, secrets, {{"KEY", "k-value"}, {"OTHER", "o-value"}});
  }
  std::string Problem(bool failed_only, const std::vector<std::string>& secrets = {"KEY"}) {
    const auto prepared = Again(failed_only, secrets);
    return prepared.ok() ? "none" : std::string(ToStd(prepared.status().message()));
  }

  RunRecord record_;
};

TEST_F(PrepareAgainTest, TakesEverythingOfTheRunButItsKeyAndItsSecrets) {
  const auto prepared = Again(false, {"KEY", "OTHER"});
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  const JobSpec& spec = prepared->options.spec;
  EXPECT_EQ(spec.variables, record_.job.spec.variables);
  EXPECT_EQ(spec.selection, record_.job.spec.selection);
  EXPECT_THAT(spec.from, ElementsAre("eu-*", "us-east-1"));
  EXPECT_EQ(spec.require, 1u);
  EXPECT_EQ(spec.agents_wait, absl::Seconds(4));
  EXPECT_EQ(spec.deadline, absl::Minutes(2));
  EXPECT_TRUE(prepared->options.has_deadline);
  EXPECT_TRUE(spec.key.empty()) << "it would attach to the run that there is";
  EXPECT_EQ(prepared->plan->cases.size(), 3u);
  EXPECT_THAT(prepared->options.secrets, ElementsAre(Pair("KEY", "k-value")));
}

TEST_F(PrepareAgainTest, SelectsByNameWhatFailedOrIsInconclusiveInAnyRegion) {
  SetOutcome(0, 0, Outcome::kFailed);
  SetOutcome(1, 2, Outcome::kInconclusive);
  SetOutcome(1, 1, Outcome::kSkipped);
  const auto prepared = Again(true);
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  // As an expression "one.two" would have meant "one-two" too.
  EXPECT_THAT(prepared->options.spec.selection.cases, ElementsAre(CaseId("a/one.two"), CaseId("a/safe")));
  EXPECT_EQ(prepared->plan->cases.size(), 2u);
}

TEST_F(PrepareAgainTest, NamesNothingWhenEverythingIsToRunAgain) {
  for (std::size_t number = 0; number < 3; ++number) SetOutcome(0, number, Outcome::kFailed);
  EXPECT_THAT(Again(true)->options.spec.selection.cases, IsEmpty());
  record_.shards.clear();  // cancelled before it was placed
  EXPECT_THAT(Again(true)->options.spec.selection.cases, IsEmpty());
}

TEST_F(PrepareAgainTest, RefusesWhenNothingFailedOrTheEndIsNotKnown) {
  EXPECT_THAT(Problem(true), HasSubstr("nothing to run again"));
  record_.job.verdict.reset();
  EXPECT_THAT(Problem(true), HasSubstr("run r-1 has not ended"));
  EXPECT_EQ(Problem(false), "none");
}

TEST_F(PrepareAgainTest, NamesExactlyTheSecretsThatAreToBeGivenAgain) {
  EXPECT_THAT(Problem(false, {}), HasSubstr("give them again: --secret KEY ("));
  SetOutcome(0, 0, Outcome::kFailed);
  EXPECT_EQ(Problem(true, {}), "none") << "what failed uses none";
  EXPECT_THAT(Problem(false, {"KEY=env:NOT_SET"}), HasSubstr("NOT_SET is not set"));
  EXPECT_THAT(Problem(false, {"KEY=s3cr3t"}), HasSubstr("NAME=env:VARIABLE"));
}

TEST_F(PrepareAgainTest, AsksForNoSecretThatTheFleetHadForTheRun) {
  record_.job.spec.secrets_of_fleet = {"KEY"};
  EXPECT_EQ(Problem(false, {}), "none");
}

}  // namespace
}  // namespace wsfleet::cli
