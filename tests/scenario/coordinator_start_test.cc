#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

// A coordinator that cannot start says why, and nothing else.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Finished StartCoordinator(const std::vector<std::string>& flags) {
  Command command{{Binary("wsfleet-coordinator"), "--client-listen", "127.0.0.1:0", "--insecure-plaintext"}, {}, {}};
  command.arguments.insert(command.arguments.end(), flags.begin(), flags.end());
  return RunCommand(command, absl::Seconds(30));
}

TEST(CoordinatorStart, NamesTheFlagOfAPortThatIsTakenAndNothingOfGrpc) {
  RealFleet fleet;
  const std::string taken = fleet.agent_addresses();
  const Finished second = StartCoordinator({"--agent-listen", taken, "--store", ":memory:"});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr("cannot listen on " + taken + " (--agent-listen): Address already in use;"));
  EXPECT_THAT(second.err, Not(HasSubstr(".cc:"))) << "a line of gRPC's log";
}

TEST(CoordinatorStart, NamesTheFolderThatIsMissing) {
  const TemporaryDirectory directory;
  const std::string folder = (directory.path() / "var").string();
  const Finished start = StartCoordinator({"--agent-listen", "127.0.0.1:0", "--store", folder + "/fleet.db"});
  EXPECT_EQ(start.exit_code, 1);
  EXPECT_THAT(start.err, HasSubstr("the folder " + folder + " does not exist; make it (mkdir -p)"));
}

}  // namespace
}  // namespace wsfleet::testing
