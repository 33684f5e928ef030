#include <string>

#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

// What a person meets who has made a mistake, or whose fleet is not there.
namespace wsfleet::testing {
namespace {

constexpr char kGood[] = R"(version: wsfleet/v1
name: good
target: ws://127.0.0.1:9
scenarios:
  - name: one
    steps:
      - connect: {path: /ws}
      - ping: {}
)";

TEST(RunRefuses, ASuiteWithAnErrorWithPositionCaretAndSuggestionAndSubmitsNothing) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  std::string bad = kGood;
  bad.replace(bad.find("connect"), 7, "conect");
  const Finished run = fleet.Run({"run", fleet.directory().Write("bad.wsfleet.yaml", bad)});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_NE(run.err.find("bad.wsfleet.yaml:7:9: unknown key \"conect\"; did you mean \"connect\"?"), std::string::npos)
      << run.err;
  EXPECT_NE(run.err.find("^^^^^^"), std::string::npos) << run.err;
  const Finished list = fleet.Run({"runs", "list", "-o", "json"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_EQ(list.out, "[]\n");
}

TEST(RunRefuses, AFileThatIsTooLarge) {
  TemporaryDirectory directory;
  const std::string file = directory.Write("large.wsfleet.yaml", std::string(10 << 20, '#'));
  const Finished run = RunCommand({{Binary("wsfleet"), "validate", file}, {}, {}}, absl::Seconds(30));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_NE(run.err.find("file is 10.0 MiB; the limit is 1 MiB"), std::string::npos) << run.err;
}

TEST(RunEndsInconclusive, WhenARegionHasNoAgentAndNamesIt) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  const std::string suite = fleet.directory().Write("good.wsfleet.yaml", kGood);
  const Finished run = fleet.Run({"run", suite, "--from", "sa-east-1", "--agents-wait", "1s"});
  EXPECT_EQ(run.exit_code, 3) << run.out << run.err;
  EXPECT_NE((run.out + run.err).find("sa-east-1"), std::string::npos) << run.out << run.err;
}

TEST(RunEndsInconclusive, WhenTheConfiguredCoordinatorCannotBeReachedAndSaysWhatToCheck) {
  RealFleet fleet;
  const std::string suite = fleet.directory().Write("good.wsfleet.yaml", kGood);
  Command command = fleet.Client({"run", suite});
  command.environment["WSFLEET_COORDINATOR"] = "127.0.0.1:1";
  const Finished run = RunCommand(command, absl::Seconds(60));
  EXPECT_EQ(run.exit_code, 3) << run.out << run.err;
  EXPECT_NE(run.err.find("127.0.0.1:1"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("check"), std::string::npos) << run.err;
}

TEST(RunEndsInconclusive, WhenEveryCaseWasSkipped) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  std::string skipped = kGood;
  skipped.replace(skipped.find("    steps:"), 0, "    requires: [{env: WSFLEET_TEST_IS_NOT_SET}]\n");
  const Finished run = fleet.Run({"run", fleet.directory().Write("skipped.wsfleet.yaml", skipped)});
  EXPECT_EQ(run.exit_code, 3) << run.out << run.err;
  EXPECT_NE(run.out.find("skipped"), std::string::npos) << run.out;
}

TEST(RunFails, WithAHintAtTheCredentialWhereItIsRefusedEverywhere) {
  TargetServer target(DemoTarget());
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  std::string suite = kGood;
  suite.replace(suite.find("ws://127.0.0.1:9"), 16, target.ws_url());
  suite.replace(suite.find("scenarios:"), 0,
                "auth: {user: {jwt: {alg: HS256, key: \"${secret.JWT_KEY}\", claims: {sub: ada}}}}\n");
  suite.replace(suite.find("path: /ws"), 9, "path: /ws, auth: user");
  Command command =
      fleet.Client({"run", fleet.directory().Write("wrong.wsfleet.yaml", suite), "--secret", "JWT_KEY=env:WRONG_KEY"});
  command.environment["WRONG_KEY"] = "not the key of this target";
  const Finished run = RunCommand(command, absl::Seconds(60));
  EXPECT_EQ(run.exit_code, 1) << run.out << run.err;
  EXPECT_NE(run.out.find("hint: it may be the credential: user was let in nowhere"), std::string::npos) << run.out;
}

TEST(RunRefuses, FlagsOfLaterVersions) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"gate", "--await-revision", "x"},
                                                    {"run", "x.yaml", "--baseline", "last"},
                                                    {"runs", "diff"}}) {
    std::vector<std::string> command = arguments;
    command.insert(command.begin(), Binary("wsfleet"));
    const Finished run = RunCommand({command, {}, {}}, absl::Seconds(30));
    EXPECT_EQ(run.exit_code, 2) << arguments.front();
    EXPECT_NE(run.err.find("not in this version"), std::string::npos) << run.err;
  }
}

TEST(Local, IsWhatRunMeansWithoutACoordinatorAndItSaysSo) {
  TargetServer target(DemoTarget());
  TemporaryDirectory directory;
  std::string suite = kGood;
  suite.replace(suite.find("ws://127.0.0.1:9"), 16, target.ws_url());
  suite.replace(suite.find("      - connect: {path: /ws}\n      - ping: {}"), std::string::npos,
                "      - http: {get: /health, expect: {status: 200}}\n");
  const std::string file = directory.Write("local.wsfleet.yaml", suite);
  Command command{{Binary("wsfleet"), "run", file},
                  {{"WSFLEET_COORDINATOR", ""}, {"XDG_CONFIG_HOME", directory.path().string()}},
                  directory.path().string()};
  const Finished run = RunCommand(command, absl::Seconds(60));
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_NE(run.err.find("local"), std::string::npos) << run.err;
  for (const char* region : {"eu-west-1", "us-east-1", "ap-south-1"}) {
    EXPECT_NE(run.out.find(region), std::string::npos) << run.out;
  }
}

}  // namespace
}  // namespace wsfleet::testing
