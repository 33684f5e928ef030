#include "secrets/secret_sources.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const FleetName kFleet("default");

class SecretSourcesTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& content, mode_t mode = 0600) const {
    chmod(directory_.Write(name, content).c_str(), mode);
  }
  absl::StatusOr<SecretSources> Open(const std::string& text) const {
    return SecretSources::Open(directory_.Write("secrets.yaml", "version: wsfleet/v1\n" + text),
                               FleetsOfSecrets::kOptional);
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(SecretSourcesTest, ReadFilesAnewEachTime) {
  Write("keys/jwt", "first\n");
  const auto sources = Open("secrets: {KEY: {file: keys/jwt, hosts: [a.example.com]}}");
  ASSERT_TRUE(sources.ok()) << sources.status();
  const auto secret = sources->Read("KEY", kFleet);
  ASSERT_TRUE(secret.ok()) << secret.status();
  EXPECT_EQ(secret->value.Reveal(), "first");
  EXPECT_TRUE(secret->hosts.Allows("a.example.com"));
  EXPECT_FALSE(secret->hosts.Allows("b.example.com"));
  Write("keys/jwt", "second\n");
  EXPECT_EQ(sources->Read("KEY", kFleet)->value.Reveal(), "second");
}

TEST_F(SecretSourcesTest, TakeVariablesOutOfTheEnvironment) {
  setenv("WSFLEET_TEST_SECRET", "from-the-environment", 1);
  const char* const place = std::getenv("WSFLEET_TEST_SECRET");
  const auto sources = Open(
      "secrets: {KEY: {env: WSFLEET_TEST_SECRET, hosts: [\"*\"]}, AGAIN: {env: WSFLEET_TEST_SECRET, hosts: [h]}, "
      "NONE: {env: WSFLEET_TEST_NONE, hosts: [h]}}");
  ASSERT_TRUE(sources.ok()) << sources.status();
  EXPECT_EQ(std::getenv("WSFLEET_TEST_SECRET"), nullptr);
  EXPECT_EQ(place[0], '\0') << "where /proc shows it";
  EXPECT_EQ(sources->Read("KEY", kFleet)->value.Reveal(), "from-the-environment");
  EXPECT_EQ(sources->Read("AGAIN", kFleet)->value.Reveal(), "from-the-environment");
  const auto none = sources->Read("NONE", kFleet);
  EXPECT_TRUE(absl::IsFailedPrecondition(none.status()));
  EXPECT_THAT(none.status().message(), HasSubstr("WSFLEET_TEST_NONE"));
}

TEST_F(SecretSourcesTest, FindTheFilesOfADirectoryByTheirNames) {
  // As Kubernetes lays a Secret down: a link to a directory that is replaced as a whole.
  Write("mount/..2026/TOKEN", "mounted");
  std::filesystem::create_directory_symlink("..2026", directory_.path() / "mount/..data");
  std::filesystem::create_symlink("..data/TOKEN", directory_.path() / "mount/TOKEN");
  const auto sources = Open("directories: [{path: mount, hosts: [h]}]");
  ASSERT_TRUE(sources.ok()) << sources.status();
  EXPECT_EQ(sources->Read("TOKEN", kFleet)->value.Reveal(), "mounted");
  for (const char* name : {"OTHER", "..data", "../secrets.yaml", "", "/etc/passwd"}) {
    EXPECT_TRUE(absl::IsNotFound(sources->Read(name, kFleet).status())) << name;
  }
}

TEST_F(SecretSourcesTest, GiveAFleetNothingOfAnothers) {
  Write("a", "of a");
  Write("b", "of b");
  Write("mount/ONLY_A", "only of a");
  const auto sources = Open(
      "secrets: {KEY: {file: a, hosts: [h], fleets: [a]}}\n"
      "directories: [{path: mount, hosts: [h], fleets: [a]}]");
  ASSERT_TRUE(sources.ok()) << sources.status();
  EXPECT_EQ(sources->Read("KEY", FleetName("a"))->value.Reveal(), "of a");
  EXPECT_TRUE(absl::IsNotFound(sources->Read("KEY", FleetName("b")).status()));
  EXPECT_TRUE(sources->Read("ONLY_A", FleetName("a")).ok());
  EXPECT_TRUE(absl::IsNotFound(sources->Read("ONLY_A", FleetName("b")).status()));
}

TEST_F(SecretSourcesTest, SayWhyAValueCannotBeHad) {
  Write("open", "s3cr3t", 0644);
  const auto sources = Open("secrets: {OPEN: {file: open, hosts: [h]}, GONE: {file: gone, hosts: [h]}}");
  ASSERT_TRUE(sources.ok()) << sources.status();
  const auto open = sources->Read("OPEN", kFleet);
  EXPECT_TRUE(absl::IsFailedPrecondition(open.status()));
  EXPECT_THAT(open.status().message(), HasSubstr("others than its owner"));
  EXPECT_THAT(open.status().message(), Not(HasSubstr("s3cr3t")));
  EXPECT_TRUE(absl::IsFailedPrecondition(sources->Read("GONE", kFleet).status())) << "it ought to be there";
}

TEST_F(SecretSourcesTest, AreRefusedWithThePlaceAndWithoutTheLine) {
  const auto sources = Open("secrets:\n  KEY: s3cr3t\n");
  EXPECT_TRUE(absl::IsInvalidArgument(sources.status()));
  EXPECT_THAT(sources.status().message(), HasSubstr("secrets.yaml:3:8: KEY: expected where its value is"));
  EXPECT_THAT(sources.status().message(), Not(HasSubstr("s3cr3t")));
  EXPECT_TRUE(absl::IsFailedPrecondition(SecretSources::Open("/nowhere.yaml", FleetsOfSecrets::kNamed).status()));
}

}  // namespace
}  // namespace wsfleet
