#include "coordinator/rpc/submission.h"

#include <filesystem>
#include <set>

#include "absl/strings/str_replace.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/coordinator/given_secrets.h"
#include "tests/unit/coordinator/suites.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SubmissionTest : public ::testing::Test {
 protected:
  absl::StatusOr<Submission> Prepare(const std::string& suite = kGoodSuite) {
    const std::string canonical = wire::CanonicalForm(BundleOf(suite));
    header_.mutable_bundle()->set_digest(wire::Digest(canonical).value());
    return PrepareSubmission(header_, canonical, SecretOwner::OfJob(JobId("r-1")), box_, rules_);
  }
  std::string Refusal(const absl::StatusOr<Submission>& submission) {
    return std::string(ToStd(submission.status().message()));
  }

  v1::SubmitHeader header_;
  RunRules rules_{AnyTarget(), "the policy of fleet test"};
  SecretBox box_ = *SecretBox::WithRandomKey();
};

TEST_F(SubmissionTest, TakesFromTheSuiteWhatTheHeaderLeavesOpen) {
  const auto submission = Prepare();
  ASSERT_TRUE(submission.ok()) << submission.status();
  EXPECT_THAT(submission->spec.from, ElementsAre("eu-west-1", "us-*"));
  EXPECT_EQ(submission->spec.require, 1U);
  EXPECT_EQ(submission->spec.deadline, absl::Minutes(3));
  EXPECT_THAT(submission->spec.suites, ElementsAre("gate"));
  EXPECT_THAT(submission->spec.cases, ElementsAre(CaseId("gate/health")));
  EXPECT_EQ(submission->spec.needs, (PlanNeeds{{{{"127.0.0.1", 1}}}, 1, 1}));
}

TEST_F(SubmissionTest, LetsTheHeaderGoOverTheSuite) {
  header_.add_from("ap-*");
  header_.mutable_require()->set_all(true);
  *header_.mutable_deadline() = wire::ToWire(absl::Seconds(20));
  const auto submission = Prepare();
  ASSERT_TRUE(submission.ok()) << submission.status();
  EXPECT_THAT(submission->spec.from, ElementsAre("ap-*"));
  EXPECT_FALSE(submission->spec.require.has_value());
  EXPECT_EQ(submission->spec.deadline, absl::Seconds(20));
}

TEST_F(SubmissionTest, RefusesARunKeyThatNoStoreKeepsAsItIs) {
  header_.set_run_key(std::string("night\0ly", 8));
  EXPECT_THAT(Refusal(Prepare()), HasSubstr("run_key: expected a text without the character NUL"));
}

TEST_F(SubmissionTest, RefusesASuiteAtTheAuthorsLine) {
  const auto submission = Prepare("version: wsfleet/v1\nname: gate\nscenarioz: []\n");
  EXPECT_TRUE(absl::IsInvalidArgument(submission.status()));
  EXPECT_THAT(Refusal(submission), HasSubstr("gate.wsfleet.yaml:3:1"));
}

TEST_F(SubmissionTest, RefusesABundleThatIsNotTheOneItWasSaidToBe) {
  header_.mutable_bundle()->set_digest(std::string(64, '0'));
  const auto submission = PrepareSubmission(header_, wire::CanonicalForm(BundleOf(kGoodSuite)),
                                            SecretOwner::OfJob(JobId("r-1")), box_, rules_);
  EXPECT_TRUE(absl::IsInvalidArgument(submission.status()));
  EXPECT_THAT(Refusal(submission), HasSubstr("bundle.digest"));
}

TEST_F(SubmissionTest, KeepsSecretsSealedOnly) {
  (*header_.mutable_secrets())["JWT_KEY"] = "canary-4711";
  (*header_.mutable_secrets())["OF_NO_USE"] = "canary-4712";
  const auto submission = Prepare();
  ASSERT_TRUE(submission.ok());
  EXPECT_EQ(submission->spec.sealed_secrets.find("canary"), std::string::npos);
  EXPECT_EQ(*box_.Open(SecretOwner::OfJob(JobId("r-1")), submission->spec.sealed_secrets),
            Given({{"JWT_KEY", "canary-4711"}}));
}

TEST_F(SubmissionTest, LeavesSecretsThatItWasNotGivenToTheFleetAndWarnsOfThoseThatNobodyHereHas) {
  constexpr char kSuite[] = R"(version: wsfleet/v1
name: gate
target: ws://127.0.0.1:1
scenarios:
  - name: one
    steps:
      - http: {get: /, headers: {A: "${secret.GIVEN}", B: "${secret.KEPT}", C: "${secret.OTHER}"}, expect: {status: 200}}
)";
  (*header_.mutable_secrets())["GIVEN"] = "canary-4711";
  const auto submission = Prepare(kSuite);
  ASSERT_TRUE(submission.ok()) << submission.status();
  EXPECT_THAT(submission->spec.secrets_of_fleet, ElementsAre("KEPT", "OTHER"));

  const testing::TemporaryDirectory directory;
  std::filesystem::permissions(directory.Write("kept", "canary-4712"), std::filesystem::perms::owner_read);
  auto sources = SecretSources::Open(
      directory.Write("secrets.yaml",
                      "version: wsfleet/v1\nsecrets: {KEPT: {file: kept, hosts: [h], fleets: [default]}}\n"),
      FleetsOfSecrets::kNamed);
  ASSERT_TRUE(sources.ok()) << sources.status();
  const FleetSecrets kept(std::make_shared<const SecretSources>(*std::move(sources)));
  EXPECT_THAT(WarningsOfSecrets(submission->spec, FleetName("default"), kept),
              ElementsAre(HasSubstr("secret OTHER was not given")));
  EXPECT_THAT(WarningsOfSecrets(submission->spec, FleetName("another"), kept),
              ElementsAre(HasSubstr("secret KEPT"), HasSubstr("secret OTHER")));

  std::filesystem::permissions(directory.path() / "kept", std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  JobSpec spec = submission->spec;
  spec.schedule = ScheduleName("nightly");
  EXPECT_THAT(
      WarningsOfSecrets(spec, FleetName("default"), kept),
      ElementsAre(
          "secret KEPT was not given, and this coordinator keeps it for fleet default but could not read it, as "
          "its log says: what requires it is skipped by agents that keep none; write secrets: {KEPT: env:KEPT} "
          "below `run` in the schedule's file, and apply it",
          HasSubstr("keeps none of that name for fleet default")));
}

TEST_F(SubmissionTest, RefusesWhatDoesNotFitIntoAnAssignment) {
  for (int i = 0; i < 5; ++i) {
    (*header_.mutable_variables()->mutable_env())["KEY_" + std::to_string(i)] = std::string(60'000, 'x');
  }
  EXPECT_TRUE(absl::IsResourceExhausted(Prepare().status()));
}

TEST_F(SubmissionTest, RefusesATargetThatTheFleetDoesNotAllow) {
  rules_.policy = TargetPolicy();
  const auto submission = Prepare();
  EXPECT_TRUE(absl::IsPermissionDenied(submission.status()));
  EXPECT_THAT(Refusal(submission), AllOf(HasSubstr("gate.wsfleet.yaml:"), HasSubstr("the policy of fleet test"),
                                         HasSubstr("wsfleet fleet policy set")));
}

TEST_F(SubmissionTest, CutsADeadlineThatNobodyWroteToWhatTheFleetAllows) {
  rules_.run_duration = absl::Seconds(30);
  const std::string without = absl::StrReplaceAll(kGoodSuite, {{"deadline: 3m\n", ""}});
  ASSERT_EQ(without.find("3m"), std::string::npos);
  EXPECT_EQ(Prepare(without)->spec.deadline, absl::Seconds(30));
  EXPECT_EQ(Prepare()->spec.deadline, absl::Minutes(3)) << "the suite's: to be refused";
  *header_.mutable_deadline() = wire::ToWire(absl::Minutes(1));
  EXPECT_EQ(Prepare(without)->spec.deadline, absl::Minutes(1)) << "of --timeout: to be refused";
  header_.clear_deadline();
  rules_.run_duration = absl::Hours(1);
  EXPECT_EQ(Prepare(without)->spec.deadline, absl::Minutes(10));
}

TEST_F(SubmissionTest, RefusesADeadlineThatNobodyMeans) {
  *header_.mutable_deadline() = wire::ToWire(-absl::Seconds(1));
  EXPECT_THAT(Refusal(Prepare()), HasSubstr("deadline"));
  *header_.mutable_deadline() = wire::ToWire(absl::Hours(1000));
  EXPECT_THAT(Refusal(Prepare()), HasSubstr("at most"));
}

TEST(NewJobId, GivesIdsThatPeopleCanRead) {
  std::set<JobId> ids;
  for (int i = 0; i < 1000; ++i) {
    const JobId id = NewJobId();
    EXPECT_THAT(id.value(), ::testing::MatchesRegex("r-[0-9A-HJKMNP-TV-Z]{10}"));
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 1000U);
}

}  // namespace
}  // namespace wsfleet::coordinator
