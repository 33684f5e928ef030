#include "cli/plan/prepare.h"

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::TemporaryDirectory;

constexpr char kSuite[] =
    "version: wsfleet/v1\n"
    "name: a\n"
    "target: ws://127.0.0.1:9\n"
    "requires: [{env: STAGE}]\n"
    "auth: {user: {token: \"${secret.KEY}\"}}\n"
    "scenarios:\n"
    "  - {name: one, priority: 1, steps: [{connect: {path: /, auth: user}}, {ping: {}}]}\n"
    "  - {name: two, priority: 2, tags: [slow], steps: [{connect: {path: /, auth: user}}, {ping: {}}]}\n";

class PrepareTest : public ::testing::Test {
 protected:
  absl::StatusOr<Prepared> Prepare(const Environment& environment = {}) { return PreparePlan(flags_, environment); }
  std::string Problem(const Environment& environment = {}) {
    const auto prepared = Prepare(environment);
    return prepared.ok() ? "none" : std::string(ToStd(prepared.status().message()));
  }

  TemporaryDirectory directory_;
  PlanFlags flags_ = [this] {
    PlanFlags flags;
    flags.paths = {directory_.Write("a.wsfleet.yaml", kSuite)};
    return flags;
  }();
};

TEST_F(PrepareTest, TakesFromTheEnvironmentOnlyWhatTheSuiteNames) {
  flags_.secrets = {"KEY", "OTHER"};
  const auto prepared = Prepare({{"STAGE", "1"}, {"KEY", "k-value"}, {"OTHER", "o-value"}, {"HOME", "/root"}});
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_THAT(prepared->options.spec.variables.env, ElementsAre(Pair("STAGE", "1")));
  EXPECT_THAT(prepared->options.secrets, ElementsAre(Pair("KEY", "k-value")));
}

TEST_F(PrepareTest, ReadsSecretsFromOtherVariablesAndFiles) {
  flags_.secrets = {"KEY=env:CI_KEY"};
  EXPECT_THAT(Prepare({{"CI_KEY", "from-env"}})->options.secrets, ElementsAre(Pair("KEY", "from-env")));
  flags_.secrets = {"KEY=file:" + directory_.Write("key", "from-file\n")};
  EXPECT_THAT(Prepare()->options.secrets, ElementsAre(Pair("KEY", "from-file")));
}

TEST_F(PrepareTest, WarnsOfSecretsThatAreTooShortToBeHidden) {
  flags_.secrets = {"KEY"};
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(Prepare({{"KEY", "abc"}}).ok());
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("warning: secret KEY: fewer than 4 bytes"));
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(Prepare({{"KEY", "abcd"}}).ok());
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(PrepareTest, TakesNoSecretFromTheCommandLine) {
  flags_.secrets = {"KEY=s3cr3t"};
  const std::string problem = Problem();
  EXPECT_THAT(problem, HasSubstr("NAME=env:VARIABLE"));
  EXPECT_THAT(problem, ::testing::Not(HasSubstr("s3cr3t")));
}

// What a CI system without the secret gives: a green run of what needs no token would be no proof.
TEST_F(PrepareTest, RefusesASecretThatIsNotThereOrEmpty) {
  flags_.secrets = {"KEY"};
  EXPECT_THAT(Problem(), HasSubstr("secret KEY: the environment variable KEY is not set"));
  EXPECT_THAT(Problem({{"KEY", ""}}), HasSubstr("secret KEY: env:KEY is empty"));
  flags_.secrets = {"KEY=file:" + directory_.Write("empty", "\n")};
  EXPECT_THAT(Problem(), HasSubstr("empty is empty"));
}

TEST_F(PrepareTest, NamesTheFlagOfAFileThatItCannotRead) {
  flags_.secrets = {"KEY=file:/nope"};
  EXPECT_THAT(Problem(), HasSubstr("--secret KEY=file:/nope: /nope: No such file or directory"));
  flags_.secrets = {};
  flags_.env_file = "/nope";
  EXPECT_THAT(Problem(), HasSubstr("--env-file: /nope: No such file or directory"));
}

TEST_F(PrepareTest, SaysThatNothingUsesASecretOfThisName) {
  flags_.secrets = {"KYE"};
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(Prepare({{"KYE", "value"}}).ok());
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("secret KYE: no selected case uses it; did you mean \"KEY\"?"));
  EXPECT_THAT(said, ::testing::Not(HasSubstr("value")));
}

TEST_F(PrepareTest, ReadsAnEnvFileOverTheEnvironment) {
  flags_.env_file = directory_.Write("env", "# comment\nexport STAGE=file\r\n\nKEY=k\n");
  EXPECT_THAT(Prepare({{"STAGE", "environment"}})->options.spec.variables.env, ElementsAre(Pair("STAGE", "file")));
  flags_.env_file = directory_.Write("bad", "STAGE=1\nnonsense\n");
  EXPECT_THAT(Problem(), HasSubstr("bad:2:1: expected NAME=value, found \"nonsense\""));
}

TEST_F(PrepareTest, SelectsByTagPriorityAndName) {
  flags_.tags = {"slow"};
  EXPECT_EQ(Prepare()->plan->cases.size(), 1u);
  flags_.tags = {};
  flags_.max_priority = 1;
  EXPECT_EQ(Prepare()->plan->cases.size(), 1u);
  flags_.max_priority = std::nullopt;
  flags_.grep = "t.o";
  EXPECT_EQ(Prepare()->plan->cases.size(), 1u);
  flags_.grep = "nothing of this name";
  EXPECT_FALSE(Prepare().ok());
}

TEST_F(PrepareTest, RefusesFlagsThatMeanNothing) {
  flags_.vars = {"no-equals"};
  EXPECT_THAT(Problem(), HasSubstr("--var: expected name=value, found \"no-equals\""));
  flags_.vars = {};
  flags_.from = {"eu-west-1,+"};
  EXPECT_THAT(Problem(), HasSubstr("--from"));
}

TEST(RunFlags, AreReadWithTheirUnits) {
  RunFlags flags;
  SubmitOptions options;
  flags.agents_wait = "5s";
  flags.timeout = "2m";
  flags.require = "any";
  ASSERT_TRUE(ReadRunFlags(flags, {}, options).ok());
  EXPECT_EQ(options.spec.agents_wait, absl::Seconds(5));
  EXPECT_EQ(options.spec.deadline, absl::Minutes(2));
  EXPECT_EQ(options.spec.require, 1u);
  for (const auto& [member, text] : {std::pair{&RunFlags::agents_wait, "5"},
                                     {&RunFlags::timeout, "soon"},
                                     {&RunFlags::require, "most"},
                                     {&RunFlags::require, "0"}}) {
    RunFlags wrong;
    wrong.*member = text;
    EXPECT_THAT(std::string(ToStd(ReadRunFlags(wrong, {}, options).message())), HasSubstr(text)) << text;
  }
}

}  // namespace
}  // namespace wsfleet::cli
