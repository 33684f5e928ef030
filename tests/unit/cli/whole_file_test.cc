#include "cli/whole_file.h"

#include <sys/stat.h>

#include <filesystem>

#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::cli {
namespace {

using testing::TemporaryDirectory;

TEST(WholeFile, IsReadUpToItsLimit) {
  TemporaryDirectory directory;
  const std::string path = directory.Write("a", "12345");
  EXPECT_EQ(*ReadWholeFile(path, 5), "12345");
  EXPECT_TRUE(absl::IsInvalidArgument(ReadWholeFile(path, 4).status()));
  EXPECT_TRUE(absl::IsNotFound(ReadWholeFile(path + "x", 4).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ReadWholeFile(directory.path().string(), 4).status()));
}

TEST(WholeFile, DoesNotWaitForTheWriterOfAPipe) {
  TemporaryDirectory directory;
  const std::string path = (directory.path() / "pipe").string();
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_FALSE(ReadWholeFile(path, 100).ok());
}

TEST(WholeFile, ReplacesAFileAndLeavesNothingBehind) {
  TemporaryDirectory directory;
  const std::string path = directory.Write("a", "old");
  ASSERT_TRUE(WriteWholeFile(path, "new", 0600).ok());
  EXPECT_EQ(*ReadWholeFile(path, 100), "new");
  int entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory.path())) ++entries;
  EXPECT_EQ(entries, 1);
  EXPECT_FALSE(WriteWholeFile((directory.path() / "absent" / "b").string(), "x").ok());
}

TEST(WholeFile, LeavesLinksAndWhatIsNoFileAsTheyAre) {
  TemporaryDirectory directory;
  const std::string target = directory.Write("target", "old");
  const std::string link = (directory.path() / "link").string();
  std::filesystem::create_symlink(target, link);
  ASSERT_TRUE(WriteWholeFile(link, "new").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(*ReadWholeFile(target, 100), "new");
  const std::string null = (directory.path() / "null").string();
  std::filesystem::create_symlink("/dev/null", null);
  ASSERT_TRUE(WriteWholeFile(null, "gone").ok());
  EXPECT_TRUE(std::filesystem::is_character_file(null));
  EXPECT_FALSE(WriteWholeFile("/dev/full", "x").ok());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

}  // namespace
}  // namespace wsfleet::cli
