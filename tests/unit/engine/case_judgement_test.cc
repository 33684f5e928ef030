#include "agent/engine/case_judgement.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

// What a try of a case shows, by what became of its sessions.
namespace wsfleet::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

SessionOutcome Ended(const std::string& peer, FailureClass failure_class = FailureClass::kNone) {
  SessionOutcome outcome;
  outcome.proof.connections = 1;
  outcome.proof.frames_in = 10;
  outcome.proof.bytes_in = 100;
  outcome.proof.peer_address = peer;
  outcome.proof.tls_version = "TLS of " + peer;
  outcome.proof.timings.total = absl::Milliseconds(7);
  if (failure_class == FailureClass::kNone) return outcome;
  outcome.failure.emplace();
  outcome.failure->failure_class = failure_class;
  outcome.failure->message = "of " + peer;
  return outcome;
}

CaseResult Judged(std::vector<SessionOutcome> outcomes) {
  CaseResult result;
  Judge(result, std::move(outcomes));
  return result;
}

TEST(CaseJudgement, ShowsTheEvidenceOfTheSessionWhoseFailureItTells) {
  const CaseResult result = Judged(
      {Ended("a"), Ended("b", FailureClass::kLatency), Ended("c"), Ended("d", FailureClass::kLatency), Ended("e")});
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->message, "of b");
  EXPECT_EQ(result.proof.peer_address, "b");
  EXPECT_EQ(result.proof.tls_version, "TLS of b");
  EXPECT_EQ(result.proof.timings.total, absl::Milliseconds(7));
  EXPECT_EQ(result.sessions, 5u);
  EXPECT_EQ(result.failed_sessions, 2u);
  EXPECT_EQ(result.proof.connections, 5u) << "counts are of all";
  EXPECT_EQ(result.proof.frames_in, 50u);
  EXPECT_EQ(result.proof.bytes_in, 500u);
}

TEST(CaseJudgement, TellsTheTargetsFailureBeforeOursAndWhatWasLetInBeforeAll) {
  EXPECT_EQ(Judged({Ended("a", FailureClass::kConfig), Ended("b", FailureClass::kClose)}).proof.peer_address, "b");
  const CaseResult let_in = Judged(
      {Ended("a", FailureClass::kConfig), Ended("b", FailureClass::kClose), Ended("c", FailureClass::kNotRefused)});
  EXPECT_EQ(let_in.failure->failure_class, FailureClass::kNotRefused);
  EXPECT_EQ(let_in.proof.peer_address, "c");
}

TEST(CaseJudgement, HasTheWarningsOfAllSessionsEachOnceUpToALimit) {
  std::vector<SessionOutcome> outcomes(3, Ended("a"));
  outcomes[0].warnings = {"one", "two"};
  outcomes[1].warnings = {"two", "three"};
  EXPECT_THAT(Judged(outcomes).warnings, ElementsAre("one", "two", "three"));
  outcomes.assign(100, Ended("a"));
  for (std::size_t i = 0; i < outcomes.size(); ++i) outcomes[i].warnings = {"frame " + std::to_string(i)};
  EXPECT_THAT(Judged(outcomes).warnings, SizeIs(16));
}

TEST(CaseJudgement, KeepsTheWarningsOfEarlierTries) {
  std::vector<SessionOutcome> outcomes(1, Ended("a", FailureClass::kClose));
  outcomes[0].warnings = {"one"};
  CaseResult first = Judged(outcomes);
  first.tries = 1;
  outcomes = {Ended("a")};
  outcomes[0].warnings = {"two"};
  CaseResult second = Judged(outcomes);
  second.tries = 2;
  const CaseResult result = AfterTry(std::move(first), std::move(second));
  EXPECT_EQ(result.outcome, Outcome::kPassed);
  EXPECT_THAT(result.warnings, ElementsAre("one", "two"));
}

SessionOutcome ShownTo(bool accepted, FailureClass failure_class) {
  SessionOutcome outcome = Ended("a", failure_class);
  outcome.credentials = {{{"user", "ws://h/u"}, accepted}};
  return outcome;
}

TEST(CaseJudgement, SaysThatACredentialWasLetInInAnyTry) {
  for (const FailureClass last : {FailureClass::kAuth, FailureClass::kConfig, FailureClass::kNone}) {
    const CaseResult result =
        AfterTry(Judged({ShownTo(true, FailureClass::kEventMissing)}), Judged({ShownTo(false, last)}));
    EXPECT_THAT(result.credentials, ElementsAre(CredentialUse{"user", true, "ws://h/u"})) << FailureClassName(last);
  }
  EXPECT_TRUE(AfterTry(Judged({ShownTo(false, FailureClass::kAuth)}), Judged({ShownTo(true, FailureClass::kConfig)}))
                  .credentials.front()
                  .accepted);
  EXPECT_FALSE(AfterTry(Judged({ShownTo(false, FailureClass::kAuth)}), Judged({ShownTo(false, FailureClass::kAuth)}))
                   .credentials.front()
                   .accepted);
}

TEST(CaseJudgement, CountsTheSessionsOfEarlierTriesThatFailed) {
  const auto tried = [](std::size_t failed) {
    std::vector<SessionOutcome> outcomes(5, Ended("a"));
    for (std::size_t i = 0; i < failed; ++i) outcomes[i] = Ended("a", FailureClass::kClose);
    return Judged(std::move(outcomes));
  };
  EXPECT_FALSE(AfterTry(CaseResult(), tried(1)).earlier_sessions) << "there was no other try";
  const CaseResult ours = AfterTry(tried(1), Judged({Ended("a", FailureClass::kConfig)}));
  ASSERT_TRUE(ours.earlier_sessions);
  EXPECT_EQ(ours.earlier_sessions->all, 0u) << "a try that says nothing of the target counts for nothing";
  const CaseResult result = AfterTry(AfterTry(tried(1), tried(2)), tried(3));
  EXPECT_EQ(result.failed_sessions, 3u);
  ASSERT_TRUE(result.earlier_sessions);
  EXPECT_EQ(result.earlier_sessions->all, 10u);
  EXPECT_EQ(result.earlier_sessions->failed, 3u);
}

TEST(CaseJudgement, KeepsOfLaterTriesWhatTheyAreLookedForBy) {
  const auto refused = [](std::uint32_t status, const std::string& trace) {
    SessionOutcome outcome = Ended("a", FailureClass::kUpgradeRefused5xx);
    Evidence& evidence = outcome.failure->evidence;
    evidence.status = status;
    evidence.close_code = 1011;
    evidence.trace_id = trace;
    evidence.body_excerpt = "body";
    evidence.headers = {{"server", "x"}};
    return Judged({outcome});
  };
  const CaseResult result = AfterTry(AfterTry(refused(501, "t1"), refused(502, "t2")), Judged({Ended("a")}));
  ASSERT_THAT(result.earlier_failures, SizeIs(2));
  EXPECT_EQ(result.earlier_failures[0].evidence.body_excerpt, "body");
  const Evidence& second = result.earlier_failures[1].evidence;
  EXPECT_EQ(second.status, 502u);
  EXPECT_EQ(second.close_code, 1011);
  EXPECT_EQ(second.trace_id, "t2");
  EXPECT_EQ(second.body_excerpt, "");
  EXPECT_TRUE(second.headers.empty());
}

}  // namespace
}  // namespace wsfleet::engine
