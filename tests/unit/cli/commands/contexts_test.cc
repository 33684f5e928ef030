#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/cli/wsfleet.h"

namespace wsfleet::cli {
namespace {

using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kAuthority[] = "-----BEGIN CERTIFICATE-----\n";

std::string ReadConfig(const testing::TemporaryDirectory& directory) {
  return testing::ReadWholeFile((directory.path() / "wsfleet/config.yaml").string());
}

TEST(ContextAdd, IsUsedByTheNextCommand) {
  testing::TemporaryDirectory directory;
  directory.Write("ca.pem", kAuthority);
  const auto run = [&](const std::vector<std::string>& arguments) { return Unconfigured(arguments, directory); };
  const Finished added = run({"context", "add", "staging", "--coordinator", "stage:7421", "--ca", "ca.pem"});
  EXPECT_EQ(added.exit_code, 0) << added.err;
  EXPECT_THAT(added.err, HasSubstr("the current context"));
  const Finished second = run({"context", "add", "live", "--coordinator", "live:7421", "--fleet", "gold"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.err, HasSubstr("wsfleet context use live"));
  const Finished listed = run({"context", "list", "-o", "json"});
  EXPECT_THAT(listed.out, HasSubstr("\"coordinator\":\"stage:7421\""));
  EXPECT_THAT(listed.out, HasSubstr("\"ca\":\"" + (directory.path() / "ca.pem").string()));
  EXPECT_THAT(listed.out, HasSubstr("\"fleet\":\"gold\""));
  const Finished other = run({"context", "add", "live", "--coordinator", "elsewhere:7421"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("with other settings (coordinator, fleet); `wsfleet context set live …` changes"));
}

TEST(ContextUse, WarnsWhereSomethingElseGoesBeforeIt) {
  testing::TemporaryDirectory directory;
  for (const char* name : {"first", "second"}) {
    ASSERT_EQ(Unconfigured({"context", "add", name, "--coordinator", "x:1"}, directory).exit_code, 0);
  }
  const Finished alone = Unconfigured({"context", "use", "second"}, directory);
  EXPECT_THAT(alone.err, HasSubstr("second is the current context of"));
  EXPECT_THAT(alone.err, Not(HasSubstr("warning")));
  const Finished variable = Unconfigured({"context", "use", "second"}, directory, {{"WSFLEET_COORDINATOR", "y:1"}});
  EXPECT_THAT(variable.err, HasSubstr("warning: here commands use WSFLEET_COORDINATOR, which goes before it"));
  directory.Write("wsfleet.yaml", "current: staging\ncontexts:\n  staging: {coordinator: \"z:1\"}\n");
  const Finished folder = Unconfigured({"context", "use", "first"}, directory);
  EXPECT_EQ(folder.exit_code, 0);
  EXPECT_THAT(folder.err, HasSubstr("warning: here commands use context staging of wsfleet.yaml, which goes before it; "
                                    "`wsfleet --context first …` uses this one"));
}

TEST(ContextSet, ChangesOnlyWhatIsGiven) {
  testing::TemporaryDirectory directory;
  directory.Write("ca.pem", kAuthority);
  directory.Write("both.pem", kAuthority);
  directory.Write("none.pem", "no certificate");
  directory.Write("empty", "\n");
  const auto run = [&](const std::vector<std::string>& arguments) { return Unconfigured(arguments, directory); };
  ASSERT_EQ(run({"context", "add", "staging", "--coordinator", "a:1", "--ca", "ca.pem", "--fleet", "gold"}).exit_code,
            0);
  const Finished authority = run({"context", "set", "staging", "--ca", "both.pem"});
  EXPECT_EQ(authority.exit_code, 0) << authority.err;
  EXPECT_EQ(run({"context", "set", "staging", "--coordinator", "a:1,b:1"}).exit_code, 0);
  const std::string config = ReadConfig(directory);
  for (const std::string& part : {std::string("\"a:1,b:1\""), (directory.path() / "both.pem").string(),
                                  std::string("fleet: \"gold\""), std::string("current: \"staging\"")}) {
    EXPECT_THAT(config, HasSubstr(part));
  }
  for (const auto& arguments : {std::vector<std::string>{"context", "set", "staging"},
                                {"context", "set", "stagin", "--fleet", "x"},
                                {"context", "set", "staging", "--ca", "none.pem"},
                                {"context", "set", "staging", "--token-file", "empty"},
                                {"context", "set", "staging", "--ca", "/nowhere/ca.pem"}}) {
    EXPECT_EQ(run(arguments).exit_code, 2) << ::testing::PrintToString(arguments);
  }
  EXPECT_THAT(run({"context", "set", "stagin", "--fleet", "x"}).err, HasSubstr("did you mean \"staging\"?"));
  EXPECT_EQ(ReadConfig(directory), config);
  directory.Write("wsfleet.yaml", "contexts:\n  shared: {coordinator: \"z:1\"}\n");
  EXPECT_THAT(run({"context", "set", "shared", "--fleet", "x"}).err,
              HasSubstr("found \"shared\" in wsfleet.yaml; change it there"));
}

TEST(ContextSet, ReplacesTheCopiesThatALoginKeeps) {
  testing::TemporaryDirectory directory;
  const auto kept = [&](const std::string& name) { return directory.path() / "wsfleet" / name; };
  std::filesystem::create_directories(directory.path() / "wsfleet");
  directory.Write("wsfleet/config.yaml",
                  "contexts:\n  staging: {coordinator: \"a:1\", ca: staging.ca.pem, token_file: staging.token}\n");
  directory.Write("wsfleet/staging.ca.pem", kAuthority);
  directory.Write("wsfleet/staging.token", "old\n");
  const std::string both = std::string(kAuthority) + kAuthority;
  directory.Write("both.pem", both);
  const std::string config = ReadConfig(directory);
  const Finished set = Unconfigured({"context", "set", "staging", "--ca", "both.pem"}, directory);
  EXPECT_EQ(set.exit_code, 0) << set.err;
  EXPECT_EQ(testing::ReadWholeFile(kept("staging.ca.pem").string()), both);
  EXPECT_EQ(testing::ReadWholeFile(kept("staging.token").string()), "old\n");
  EXPECT_EQ(ReadConfig(directory), config);
}

TEST(ContextDelete, TakesTheCopiesThatALoginKeepsAndLeavesOtherFiles) {
  testing::TemporaryDirectory directory;
  std::filesystem::create_directories(directory.path() / "wsfleet");
  directory.Write("wsfleet/config.yaml",
                  "current: staging\ncontexts:\n"
                  "  staging: {coordinator: \"a:1\", ca: own.pem, token_file: staging.token}\n"
                  "  second: {coordinator: \"a:1\", token_file: second.token}\n"
                  "  third: {coordinator: \"a:1\", token_file: second.token}\n");
  for (const char* name : {"own.pem", "staging.token", "second.token"}) {
    directory.Write(std::string("wsfleet/") + name, "x");
  }
  const auto is_there = [&](const char* name) { return std::filesystem::exists(directory.path() / "wsfleet" / name); };
  const Finished first = Unconfigured({"context", "delete", "staging"}, directory);
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.err, HasSubstr("was the current one: `wsfleet context use NAME` takes another"));
  EXPECT_FALSE(is_there("staging.token"));
  EXPECT_TRUE(is_there("own.pem"));
  EXPECT_EQ(Unconfigured({"context", "delete", "second"}, directory).exit_code, 0);
  EXPECT_TRUE(is_there("second.token")) << "another context names it";
  EXPECT_EQ(Unconfigured({"context", "delete", "second"}, directory).exit_code, 2);
}

}  // namespace
}  // namespace wsfleet::cli
