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

TEST(ContextAdd, IsUsedByTheNextCommand) {
  testing::TemporaryDirectory directory;
  directory.Write("ca.pem", "not looked at yet");
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
  EXPECT_THAT(other.err, HasSubstr("with other settings"));
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

}  // namespace
}  // namespace wsfleet::cli
