#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

// `wsfleet-coordinator ca …`, taken by root in a directory that is another user's.
namespace wsfleet::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr uid_t kService = 10001;

class AuthorityCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root: files of several users";
    RealFleet::Settings settings;
    settings.own_ca = true;
    RealFleet fleet(settings);
    fleet.KillCoordinator();
    fs::copy(fleet.directory().path() / "state", state_, fs::copy_options::recursive);
    fs::permissions(directory_.path(), fs::perms::others_exec, fs::perm_options::add);
    Give(state_);
    for (const auto& entry : fs::recursive_directory_iterator(state_)) Give(entry.path());
  }

  static void Give(const fs::path& path) { ASSERT_EQ(lchown(path.c_str(), kService, kService), 0); }
  static uid_t OwnerOf(const fs::path& path) {
    struct stat facts{};
    EXPECT_EQ(lstat(path.c_str(), &facts), 0) << path;
    return facts.st_uid;
  }
  Finished Take(const std::string& step) const {
    return RunCommand({{Binary("wsfleet-coordinator"), "ca", step, "--state-dir", state_.string()}, {}, {}},
                      absl::Seconds(30));
  }

  TemporaryDirectory directory_;
  const fs::path state_ = directory_.path() / "state";
};

TEST_F(AuthorityCommand, LeavesEverythingTheServices) {
  for (const char* step : {"add", "issue", "drop", "replace"}) {
    const Finished taken = Take(step);
    EXPECT_EQ(taken.exit_code, 0) << step << taken.err;
    for (const auto& entry : fs::recursive_directory_iterator(state_)) {
      EXPECT_EQ(OwnerOf(entry.path()), kService) << step << " " << entry.path();
    }
  }
}

// Who breaks into the service must not get files of root's by waiting for root to rotate.
TEST_F(AuthorityCommand, GivesNothingAwayThatTheServiceHasLinkedTo) {
  const fs::path victim = directory_.Write("victim", "root's");
  fs::permissions(victim, fs::perms::owner_read);
  for (const char* name : {"lock", "next.pem", "trust.pem"}) {
    const fs::path link = state_ / "ca" / name;
    fs::remove(link);
    fs::create_symlink(victim, link);
    Give(link);
    const Finished taken = Take("add");
    EXPECT_EQ(OwnerOf(victim), 0u) << name << taken.err;
    EXPECT_EQ(ReadWholeFile(victim), "root's") << name;
    EXPECT_THAT(taken.err, HasSubstr(std::string(name) == "lock" ? "cannot open" : "")) << taken.out;
    fs::remove(link);
  }
}

}  // namespace
}  // namespace wsfleet::testing
