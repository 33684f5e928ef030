#include <csignal>
#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

// What the client says of a coordinator that it cannot use, and of what it cannot hand on.
namespace wsfleet::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Client : public ::testing::Test {
 protected:
  std::string File(const std::string& name) const { return (fleet_.directory().path() / name).string(); }
  // Whatever waits says so.
  static auto SaysAtOnce(const std::string& text) { return AllOf(HasSubstr(text), Not(HasSubstr("trying for"))); }
  // With its stdout on a device that is full.
  static Finished ToAFullDevice(Command command) {
    std::vector<std::string> shell = {"/bin/sh", "-c", "exec \"$@\" > /dev/full", "sh"};
    shell.insert(shell.end(), command.arguments.begin(), command.arguments.end());
    command.arguments = std::move(shell);
    return RunCommand(command, absl::Seconds(60));
  }

  RealFleet fleet_;
};

TEST_F(Client, GivesUpAtOnceOnACertificateOfAnotherAuthority) {
  const RealFleet other;
  const Finished wrong = fleet_.Run({"runs", "list", "--ca", (other.directory().path() / "ca" / "ca.pem").string()});
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_THAT(wrong.err, SaysAtOnce("its certificate is not of the authority in "));
  EXPECT_THAT(wrong.err, HasSubstr("(--ca), or is not valid now"));
  Command none = fleet_.Client({"runs", "list"});
  none.environment["WSFLEET_CA"] = "";
  const Finished unnamed = RunCommand(none, absl::Seconds(60));
  EXPECT_EQ(unnamed.exit_code, 3);
  EXPECT_THAT(unnamed.err, SaysAtOnce("no --ca was given"));
}

TEST_F(Client, GivesUpAtOnceOnAListenerWithoutTls) {
  RealFleet::Settings plain;
  plain.plaintext = true;
  const RealFleet other(plain);
  const Finished run = fleet_.Run({"runs", "list", "--coordinator", other.client_addresses()});
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_THAT(run.err, SaysAtOnce("what listens there does not speak TLS"));
}

TEST_F(Client, NamesTheFlagOrVariableOfAFileThatItCannotUse) {
  const Finished ca = fleet_.Run({"runs", "list", "--ca", "nope.pem"});
  EXPECT_EQ(ca.exit_code, 2);
  EXPECT_THAT(ca.err, HasSubstr("--ca: nope.pem: No such file or directory"));
  const Finished token = fleet_.Run({"runs", "list", "--token-file", "nope"});
  EXPECT_EQ(token.exit_code, 2);
  EXPECT_THAT(token.err, HasSubstr("--token-file: nope: No such file or directory"));
  Command empty = fleet_.Client({"runs", "list"});
  empty.environment["WSFLEET_CA"] = fleet_.directory().Write("empty.pem", "\n");
  const Finished run = RunCommand(empty, absl::Seconds(60));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("WSFLEET_CA: " + File("empty.pem") + " has no certificate"));
}

TEST_F(Client, LogsInToWhatVariablesName) {
  Command login = fleet_.Client({"login", "here"});
  login.environment["XDG_CONFIG_HOME"] = File("home");
  const Finished done = RunCommand(login, absl::Seconds(60));
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(ReadWholeFile(File("home/wsfleet/config.yaml")),
              AllOf(HasSubstr(fleet_.client_address(0)), HasSubstr("here.ca.pem")));
  EXPECT_EQ(ReadWholeFile(File("home/wsfleet/here.ca.pem")), ReadWholeFile(File("ca/ca.pem")));
}

TEST_F(Client, IsNotLoggedInToAFleetThatItsTokenHasNoRoleIn) {
  const std::string token = fleet_.Run({"tokens", "create", "ada", "--role", "viewer"}).out;
  Command login = fleet_.Client({"login", "here", "--fleet", "other"});
  login.environment["XDG_CONFIG_HOME"] = File("home");
  login.environment["WSFLEET_TOKEN_FILE"] = "";
  login.environment["WSFLEET_TOKEN"] = token;
  const Finished refused = RunCommand(login, absl::Seconds(60));
  EXPECT_EQ(refused.exit_code, 4) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("expected a token with a role in fleet \"other\", found that of \"ada\", who is "
                                     "viewer in fleet default; use --fleet default, or a token of that fleet"));
  EXPECT_FALSE(std::filesystem::exists(File("home/wsfleet"))) << "nothing is kept of what is no good";
}

TEST_F(Client, HasAnObjectForARevokedTokenToo) {
  ASSERT_EQ(fleet_.Run({"tokens", "create", "ada", "--role", "viewer"}).exit_code, 0);
  EXPECT_THAT(fleet_.Run({"tokens", "revoke", "ada", "-o", "json"}).out,
              AllOf(HasSubstr("\"name\":\"ada\""), HasSubstr("\"state\":\"revoked\"")));
}

TEST_F(Client, WarnsOfATokenThatEverybodyMayRead) {
  Command list = fleet_.Client({"runs", "list"});
  const std::string file = fleet_.directory().Write("copy", ReadWholeFile(File("ca/token")));
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  list.environment["WSFLEET_TOKEN_FILE"] = file;
  EXPECT_THAT(RunCommand(list, absl::Seconds(60)).err, HasSubstr("chmod o= " + file));
  std::filesystem::permissions(file, std::filesystem::perms(0640));
  EXPECT_EQ(RunCommand(list, absl::Seconds(60)).err, "");
}

TEST_F(Client, SuggestsTheAgentThatWasMeant) {
  fleet_.StartAgent("eu-1", "eu-west-1");
  const Finished get = fleet_.Run({"agents", "get", "eu-2"});
  EXPECT_EQ(get.exit_code, 2);
  EXPECT_THAT(get.err, HasSubstr("no agent \"eu-2\" in this fleet; did you mean \"eu-1\"?"));
}

TEST(Dev, NamesASuiteThatExistsFromWhereverItIsStarted) {
  TemporaryDirectory directory;
  const std::map<std::string, std::string> environment{{"XDG_RUNTIME_DIR", directory.path().string()}};
  ChildProcess dev({{Binary("wsfleet"), "dev"}, environment, directory.path().string()});
  ASSERT_TRUE(WaitUntil([&] { return dev.out().find("Ctrl-C") != std::string::npos; })) << dev.err();
  EXPECT_THAT(dev.out(), Not(HasSubstr("run docs/")));
  dev.Signal(SIGINT);
  EXPECT_EQ(dev.Wait(absl::Seconds(30)), 0);
}

TEST_F(Client, RevokesATokenThatItCannotHandOver) {
  const Finished lost = ToAFullDevice(fleet_.Client({"tokens", "create", "ci", "--role", "viewer"}));
  EXPECT_EQ(lost.exit_code, 3);
  EXPECT_THAT(lost.err, AllOf(HasSubstr("No space left on device"), HasSubstr("; it was revoked")));
  const Finished tokens = fleet_.Run({"tokens", "list"});
  EXPECT_THAT(tokens.out, HasSubstr("revoked")) << tokens.err;
  EXPECT_THAT(tokens.out, Not(HasSubstr("valid")));
}

}  // namespace
}  // namespace wsfleet::testing
