#include "coordinator/private_file.h"

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
