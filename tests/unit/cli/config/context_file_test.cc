#include "cli/config/context_file.h"

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryDirectory;

constexpr char kTwo[] =
    "# my fleets\n"
    "current: staging   # for now\n"
    "contexts:\n"
    "  staging: {coordinator: \"stage.example.com:7421\", ca: ca.pem, token_file: token}\n"
    "  live: {coordinator: \"live.example.com:7421\", fleet: gold}\n";

TEST(ContextFile, NamesCoordinatorsWithPathsBesideItself) {
  TemporaryDirectory directory;
  const auto file = ReadContextFile(directory.Write("config.yaml", kTwo), FileTrust::kOwn);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->current, "staging");
  ASSERT_NE(file->Find("staging"), nullptr);
  EXPECT_EQ(file->Find("staging")->coordinator, "stage.example.com:7421");
  EXPECT_EQ(file->Find("staging")->ca_file, (directory.path() / "ca.pem").string());
  EXPECT_EQ(file->Find("live")->fleet, "gold");
  EXPECT_EQ(file->Find("nowhere"), nullptr);
}

TEST(ContextFile, ThatDoesNotExistIsEmpty) {
  TemporaryDirectory directory;
  const auto file = ReadContextFile((directory.path() / "absent.yaml").string(), FileTrust::kOwn);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->contexts.empty());
}

TEST(ContextFile, IsRefusedWithPositionAndSuggestion) {
  TemporaryDirectory directory;
  const std::string path = directory.Write("config.yaml", "contexts:\n  a: {cordinator: \"x:1\"}\n");
  const auto file = ReadContextFile(path, FileTrust::kOwn);
  ASSERT_FALSE(file.ok());
  EXPECT_THAT(std::string(ToStd(file.status().message())),
              HasSubstr("config.yaml:2:7: unknown key \"cordinator\"; did you mean \"coordinator\"?"));
}

TEST(ContextFile, OfAFolderMayNotReachForATokenOutsideOfIt) {
  TemporaryDirectory directory;
  const std::string path =
      directory.Write("wsfleet.yaml", "contexts:\n  a: {coordinator: \"x:1\", token_file: /etc/passwd}\n");
  EXPECT_FALSE(ReadContextFile(path, FileTrust::kFolder).ok());
  EXPECT_TRUE(ReadContextFile(path, FileTrust::kOwn).ok());
}

}  // namespace
}  // namespace wsfleet::cli
