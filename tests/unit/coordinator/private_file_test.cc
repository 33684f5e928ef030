#include "coordinator/private_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::coordinator {
namespace {

namespace fs = std::filesystem;

TEST(PrivateFile, ReplacesTheWholeContentAndLeavesNothingBeside) {
  const testing::TemporaryDirectory directory;
  const std::string path = (directory.path() / "ready").string();
  ASSERT_TRUE(WriteFileAtomically(path, "first", Access::kEveryoneReads).ok());
  ASSERT_TRUE(WriteFileAtomically(path, "second", Access::kEveryoneReads).ok());
  EXPECT_EQ(*ReadSmallFile(path), "second");
  EXPECT_EQ(std::distance(fs::directory_iterator(directory.path()), fs::directory_iterator()), 1);
}

TEST(PrivateFile, RefusesASecretThatOthersMayRead) {
  const testing::TemporaryDirectory directory;
  const std::string path = (directory.path() / "token").string();
  ASSERT_TRUE(WriteFileAtomically(path, "secret", Access::kOwnerOnly).ok());
  EXPECT_EQ(*ReadPrivateFile(path), "secret");
  fs::permissions(path, fs::perms::group_read, fs::perm_options::add);
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadPrivateFile(path).status()));
}

// Another user while it lives; the process must be root's.
class OtherUser {
 public:
  explicit OtherUser(uid_t user) { EXPECT_EQ(setegid(user) | seteuid(user), 0); }
  ~OtherUser() { EXPECT_EQ(seteuid(0) | setegid(0), 0); }
  OtherUser(const OtherUser&) = delete;
  OtherUser& operator=(const OtherUser&) = delete;
};

TEST(PrivateFile, TakesASecretThatRootHandsToTheGroup) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root: files of several users";
  constexpr uid_t kUser = 10001;
  const testing::TemporaryDirectory directory;
  fs::permissions(directory.path(), fs::perms::others_exec, fs::perm_options::add);
  const std::string path = (directory.path() / "token").string();
  ASSERT_TRUE(WriteFileAtomically(path, "secret", Access::kOwnerOnly).ok());
  ASSERT_EQ(chown(path.c_str(), 0, kUser), 0);
  const auto status_with = [&](mode_t mode) {
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    const OtherUser user(kUser);
    return ReadPrivateFile(path).status();
  };
  EXPECT_TRUE(status_with(0440).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(status_with(0460)));
  EXPECT_TRUE(absl::IsFailedPrecondition(status_with(0444)));
  ASSERT_EQ(chown(path.c_str(), kUser, kUser), 0);
  EXPECT_TRUE(status_with(0400).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(status_with(0440)));
}

TEST(PrivateFile, SaysWhichFileIsMissing) {
  EXPECT_TRUE(absl::IsNotFound(ReadSmallFile("/nonexistent/token").status()));
}

TEST(PrivateFile, RefusesADirectoryThatOthersMayEnter) {
  const testing::TemporaryDirectory directory;
  const std::string path = (directory.path() / "ca").string();
  ASSERT_TRUE(MakePrivateDirectory(path).ok());
  ASSERT_TRUE(MakePrivateDirectory(path).ok());
  fs::permissions(path, fs::perms::others_exec, fs::perm_options::add);
  EXPECT_TRUE(absl::IsFailedPrecondition(MakePrivateDirectory(path)));
}

}  // namespace
}  // namespace wsfleet::coordinator
