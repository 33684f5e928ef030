#include "agent/identity_lock.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::agent {
namespace {

TEST(IdentityLock, MakesADirectoryThatIsClosedToOthers) {
  const testing::TemporaryDirectory directory;
  const std::string path = (directory.path() / "identity").string();
  const auto lock = IdentityLock::Take(path);
  ASSERT_TRUE(lock.ok()) << lock.status();
  struct stat facts{};
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
}

TEST(IdentityLock, NamesTheProcessThatHasItAndEndsWithIt) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.path().string();
  auto first = IdentityLock::Take(path);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = IdentityLock::Take(path);
  EXPECT_EQ(
      std::string(ToStd(second.status().message())),
      fmt::format("{} is in use by another process (pid {}); give each agent its own --identity-dir", path, getpid()));
  first->reset();
  EXPECT_TRUE(IdentityLock::Take(path).ok());
}

TEST(IdentityLock, SaysWhichFlagNamesADirectoryThatCannotBeMade) {
  const testing::TemporaryDirectory directory;
  const std::string path = (directory.path() / "missing" / "identity").string();
  const auto lock = IdentityLock::Take(path);
  EXPECT_EQ(std::string(ToStd(lock.status().message())),
            fmt::format("--identity-dir: cannot create directory {}: No such file or directory", path));
}

}  // namespace
}  // namespace wsfleet::agent
