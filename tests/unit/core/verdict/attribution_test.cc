#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/core/verdict/regions.h"

namespace wsfleet {
namespace {

using ::testing::HasSubstr;
using testing::Region;
using testing::Result;

const CaseResult kPassed = Result("one", Outcome::kPassed);
const CaseResult kRefused = Result("one", Outcome::kFailed, FailureClass::kUpgradeRefused5xx);
const CaseResult kSilent = Result("one", Outcome::kFailed, FailureClass::kTcp, Phase::kConnect);

struct Observed {
  const char* what;
  std::vector<RegionResult> regions;
  Attribution expected;
};

TEST(Attribution, RestsOnWhoSawItAndWhoDidNot) {
  const Observed table[] = {
      {"an answer, seen everywhere", {Region("eu", {kRefused}), Region("us", {kRefused})}, Attribution::kTarget},
      {"an answer convicts from one vantage", {Region("eu", {kRefused})}, Attribution::kTarget},
      {"silence needs two", {Region("eu", {kSilent})}, Attribution::kUndetermined},
      {"silence, seen by two", {Region("eu", {kSilent}), Region("us", {kSilent})}, Attribution::kTarget},
      {"two agents of one host are one observation",
       {Region("eu", {kSilent}, "a", "host"), Region("us", {kSilent}, "b", "host")},
       Attribution::kUndetermined},
      {"one region only", {Region("eu", {kRefused}), Region("us", {kPassed})}, Attribution::kRegionPath},
      {"one agent of its region",
       {Region("eu", {kRefused}, "eu-1"), Region("eu", {kPassed}, "eu-2"), Region("us", {kPassed})},
       Attribution::kSingleAgent},
      {"one host that saw both",
       {Region("eu", {kRefused}, "a", "host"), Region("us", {kPassed}, "b", "host")},
       Attribution::kIntermittent},
      {"what is ours: configuration",
       {Region("eu", {Result("one", Outcome::kInconclusive, FailureClass::kConfig)})},
       Attribution::kConfiguration},
      {"what is ours: the agent",
       {Region("eu", {Result("one", Outcome::kInconclusive, FailureClass::kAgent)})},
       Attribution::kSingleAgent},
  };
  for (const Observed& row : table) {
    const auto failures = Attribute(row.regions);
    ASSERT_EQ(failures.size(), 1u) << row.what;
    EXPECT_EQ(failures[0].attribution, row.expected) << row.what;
    EXPECT_FALSE(failures[0].rests_on.empty()) << row.what;
  }
}

TEST(Attribution, SaysWhyItIsUndetermined) {
  const auto of = [](const std::vector<RegionResult>& regions) { return Attribute(regions).front(); };
  const AttributedFailure together =
      of({Region("eu", {kSilent}, "a", "vm"), Region("us", {kSilent}, "b", "vm"), Region("ap", {kSilent}, "c", "vm")});
  EXPECT_EQ(together.undetermined_for, "all 3 agents stand on one host, vm");
  EXPECT_EQ(together.rests_on.back().text, together.undetermined_for);
  EXPECT_EQ(together.agents, 3u);
  EXPECT_EQ(together.vantages, 1u);
  EXPECT_EQ(of({Region("eu", {kSilent})}).undetermined_for,
            "one agent alone cannot tell the target from the way to it");
  EXPECT_EQ(of({Region("eu", {kSilent}), Region("us", {kSilent})}).undetermined_for, "");
  const CaseResult proxy = Result("one", Outcome::kFailed, FailureClass::kProxy, Phase::kConnect);
  EXPECT_EQ(of({Region("eu", {proxy}), Region("us", {proxy})}).undetermined_for,
            "the proxy says nothing of the target behind it");
}

CaseResult With(CaseResult result, std::vector<CredentialUse> credentials) {
  result.credentials = std::move(credentials);
  return result;
}

Attribution OfFirst(const std::vector<RegionResult>& regions) {
  const auto failures = Attribute(regions);
  return failures.empty() ? Attribution::kNone : failures.front().attribution;
}

TEST(Attribution, BlamesACredentialOnlyWhereAnotherOneWasLetIn) {
  const CaseResult refused = Result("one", Outcome::kFailed, FailureClass::kAuth);
  const CaseResult other = Result("two", Outcome::kPassed);
  const auto both = [&](std::vector<CredentialUse> bad, std::vector<CredentialUse> good) {
    return OfFirst({Region("eu", {With(refused, std::move(bad)), With(other, std::move(good))}),
                    Region("us", {With(refused, {{"user", false}})})});
  };
  EXPECT_EQ(both({{"user", false}}, {{"service", true}}), Attribution::kConfiguration);
  EXPECT_EQ(both({{"user", false}}, {}), Attribution::kTarget) << "no other credential";
  EXPECT_EQ(both({{"user", false}}, {{"service", false}}), Attribution::kTarget) << "a negative test of another one";
  EXPECT_EQ(both({{"user", false}}, {{"user", true}, {"service", true}}), Attribution::kTarget) << "let in elsewhere";
  EXPECT_EQ(both({{"user", false}, {"admin", false}}, {{"service", true}}), Attribution::kTarget) << "two of them";
  const auto failures = Attribute(
      std::vector<RegionResult>{Region("eu", {With(refused, {{"user", false}}), With(other, {{"service", true}})})});
  EXPECT_THAT(failures[0].rests_on.back().text, HasSubstr("credential user was turned away each time, while service"));
}

TEST(Attribution, BlamesACredentialOnlyWhereAnotherOneWasLetInAtTheSameEndpoint) {
  const CaseResult refused = Result("one", Outcome::kFailed, FailureClass::kAuth);
  const CaseResult other = Result("two", Outcome::kPassed);
  const auto of = [&](std::vector<CredentialUse> bad, std::vector<CredentialUse> good) {
    return OfFirst({Region("eu", {With(refused, std::move(bad)), With(other, std::move(good))})});
  };
  EXPECT_EQ(of({{"b", false, "ws://h:1/a"}}, {{"g", true, "ws://h:1/a"}}), Attribution::kConfiguration);
  EXPECT_EQ(of({{"b", false, "ws://h:1/closed"}}, {{"g", true, "ws://h:1/a"}}), Attribution::kTarget);
  EXPECT_EQ(of({{"b", false, "ws://h:1/a"}, {"b", false, "ws://h:1/closed"}}, {{"g", true, "ws://h:1/a"}}),
            Attribution::kTarget);
}

TEST(Attribution, DoesNotBlameACredentialForWhatItCannotCause) {
  const CaseResult missing = Result("one", Outcome::kFailed, FailureClass::kEventMissing, Phase::kMessage);
  EXPECT_EQ(OfFirst({Region(
                "eu", {With(missing, {{"user", false}}), With(Result("two", Outcome::kPassed), {{"service", true}})})}),
            Attribution::kTarget);
}

TEST(Attribution, SaysHowOftenWhatComesAndGoesFailed) {
  CaseResult first = Result("one #1", Outcome::kFailed, FailureClass::kUpgradeRefused5xx), second = first;
  first.tries = 2;
  second = Result("one #2", Outcome::kPassed);
  const auto rounds = Attribute(std::vector<RegionResult>{Region("eu", {first, second})}, 2);
  ASSERT_EQ(rounds.size(), 1u);
  EXPECT_EQ(rounds[0].scenario, "one");
  EXPECT_EQ(rounds[0].attribution, Attribution::kIntermittent);
  EXPECT_THAT(rounds[0].rests_on.back().text, HasSubstr("2 of 3 sessions failed"));
  CaseResult part = kRefused;
  part.sessions = 500;
  part.failed_sessions = 88;
  const auto sessions = Attribute(std::vector<RegionResult>{Region("eu", {part}), Region("us", {part})});
  ASSERT_EQ(sessions.size(), 1u);
  EXPECT_EQ(sessions[0].attribution, Attribution::kIntermittent);
  EXPECT_THAT(sessions[0].rests_on.back().text, HasSubstr("176 of 1000 sessions failed"));
}

// Refused in its first try, with this class.
CaseResult Flaky(FailureClass failure_class = FailureClass::kUpgradeRefused5xx) {
  CaseResult result = kPassed;
  result.flaky = true;
  result.tries = 2;
  result.earlier_sessions = EarlierSessions{1, 1};
  result.earlier_failures.emplace_back();
  result.earlier_failures.back().phase = Phase::kUpgrade;
  result.earlier_failures.back().failure_class = failure_class;
  return result;
}

TEST(Attribution, TakesAPassAfterAFailedTryForWhatComesAndGoes) {
  CaseResult bad = kRefused;
  bad.tries = 2;
  bad.earlier_sessions = EarlierSessions{1, 1};
  const std::vector<RegionResult> regions{Region("a", {bad}), Region("b", {Flaky()}), Region("c", {Flaky()})};
  const AttributedFailure failure = Attribute(regions).front();
  EXPECT_EQ(failure.attribution, Attribution::kIntermittent);
  EXPECT_EQ(failure.rests_on.back().text, "vantage b-a saw it fail and pass: 4 of 6 sessions failed");
  CaseResult of_an_older_agent = Flaky();
  of_an_older_agent.earlier_failures.clear();
  of_an_older_agent.earlier_sessions.reset();
  EXPECT_EQ(OfFirst({Region("a", {bad}), Region("b", {of_an_older_agent})}), Attribution::kIntermittent);
  EXPECT_EQ(OfFirst({Region("a", {bad}), Region("b", {Flaky(FailureClass::kTcp)})}), Attribution::kRegionPath)
      << "what it saw was another failure";
  EXPECT_EQ(OfFirst({Region("a", {bad}, "a-1"), Region("a", {Flaky()}, "a-2")}), Attribution::kIntermittent)
      << "no single agent";
}

TEST(Attribution, TakesAFailureOfPartOfTheSessionsAnywhereForWhatComesAndGoes) {
  const auto part = [](std::uint32_t failed) {
    CaseResult result = failed == 0 ? kPassed : kRefused;
    result.sessions = 4;
    result.failed_sessions = failed;
    return result;
  };
  const std::vector<RegionResult> regions{Region("a", {part(4)}), Region("b", {part(1)}), Region("c", {part(0)})};
  const AttributedFailure failure = Attribute(regions).front();
  EXPECT_EQ(failure.attribution, Attribution::kIntermittent);
  EXPECT_EQ(failure.rests_on.back().text, "vantage b-a saw it fail and pass: 5 of 12 sessions failed");
  EXPECT_EQ(OfFirst({Region("a", {part(4)}), Region("b", {part(1)})}), Attribution::kIntermittent)
      << "it passed nowhere";
  EXPECT_EQ(OfFirst({Region("a", {part(4)}), Region("c", {part(0)})}), Attribution::kRegionPath);
}

TEST(Attribution, CountsTheFailedSessionsOfEachTry) {
  CaseResult part = kRefused;
  part.sessions = 5;
  part.failed_sessions = 1;
  part.tries = 2;
  part.earlier_sessions = EarlierSessions{5, 1};
  EXPECT_EQ(Attribute(std::vector<RegionResult>{Region("eu", {part})}).front().rests_on.back().text,
            "each try saw it fail and pass: 2 of 10 sessions failed");
  part.failed_sessions = 5;
  EXPECT_EQ(Attribute(std::vector<RegionResult>{Region("eu", {part})}).front().rests_on.back().text,
            "vantage eu-a saw it fail and pass: 6 of 10 sessions failed");
}

TEST(Attribution, TakesANumberInANameForARoundOnlyWhereTheRunWasRepeated) {
  const CaseResult good = Result("bug #12", Outcome::kPassed);
  const CaseResult bad = Result("bug #14", Outcome::kFailed, FailureClass::kUpgradeRefused5xx);
  const auto once = Attribute(std::vector<RegionResult>{Region("eu", {good, bad})});
  ASSERT_EQ(once.size(), 1u);
  EXPECT_EQ(once[0].scenario, "bug #14");
  EXPECT_EQ(once[0].attribution, Attribution::kTarget);
  CaseResult first = bad, second = good;
  first.scenario = "bug #14 #1";
  second.scenario = "bug #12 #2";
  const auto twice = Attribute(std::vector<RegionResult>{Region("eu", {first, second})}, 2);
  EXPECT_EQ(twice[0].scenario, "bug #14");
  EXPECT_EQ(twice[0].attribution, Attribution::kTarget) << "a round of another one";
  second.scenario = "bug #14 #2";
  EXPECT_EQ(Attribute(std::vector<RegionResult>{Region("eu", {first, second})}, 2)[0].attribution,
            Attribution::kIntermittent);
}

TEST(Attribution, BlamesNoSettingForWhatGoesBeyondALimit) {
  CaseResult limit = Result("one", Outcome::kInconclusive, FailureClass::kConfig, Phase::kMessage);
  limit.failure->beyond_limit = true;
  const std::vector<RegionResult> regions{Region("eu", {limit}), Region("us", {kPassed})};
  const AttributedFailure failure = Attribute(regions).front();
  EXPECT_EQ(failure.attribution, Attribution::kUndetermined);
  EXPECT_EQ(failure.undetermined_for, "what came goes beyond a limit, as the message says, so nobody can judge it");
  const CaseResult setting = Result("one", Outcome::kInconclusive, FailureClass::kConfig, Phase::kMessage);
  EXPECT_EQ(OfFirst({Region("eu", {limit}), Region("us", {setting})}), Attribution::kConfiguration);
}

TEST(Attribution, KeepsFailuresOfDifferentKindsApart) {
  const RegionResult regions[] = {Region("eu", {kRefused}), Region("us", {kSilent})};
  EXPECT_EQ(Attribute(regions).size(), 2u);
}

TEST(Attribution, NamesTheEndpointWhereRegionsReachedDifferentOnes) {
  CaseResult bad = kRefused, good = kPassed;
  bad.proof.peer_address = "203.0.113.7:443";
  good.proof.peer_address = "198.51.100.9:443";
  const RegionResult regions[] = {Region("eu", {bad}), Region("us", {good})};
  const auto failures = Attribute(regions);
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_THAT(failures[0].rests_on.back().text, HasSubstr("path or endpoint 203.0.113.7:443"));
}

TEST(Attribution, DoesNotBlameTheTargetForAProxy) {
  const auto result = [] { return Result("one", Outcome::kFailed, FailureClass::kProxy, Phase::kConnect); };
  const RegionResult regions[] = {Region("eu", {result()}), Region("us", {result()})};
  ASSERT_EQ(Attribute(regions).size(), 1u);
  EXPECT_EQ(Attribute(regions)[0].attribution, Attribution::kUndetermined);
}

TEST(Attribution, SaysNothingOfWhatPassed) {
  const RegionResult regions[] = {Region("eu", {kPassed})};
  EXPECT_TRUE(Attribute(regions).empty());
}

}  // namespace
}  // namespace wsfleet
