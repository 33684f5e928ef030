#include "cli/config/context_file.h"

#include <filesystem>

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;
using testing::ReadWholeFile;
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

TEST(ContextFile, KeepsWhatStandsInItWhenAnotherContextBecomesCurrent) {
  TemporaryDirectory directory;
  const std::string path = directory.Write("config.yaml", kTwo);
  ASSERT_TRUE(UseContext(path, "live").ok());
  EXPECT_EQ(ReadContextFile(path, FileTrust::kOwn)->current, "live");
  EXPECT_THAT(ReadWholeFile(path), HasSubstr("# my fleets\n"));
  EXPECT_THAT(ReadWholeFile(path), HasSubstr("stage.example.com:7421"));
}

TEST(ContextFile, IsReadAsItWasRendered) {
  TemporaryDirectory directory;
  const Context context{"dev", "127.0.0.1:7421", "/a/ca.pem", "/a/token", "default"};
  const auto file =
      ReadContextFile(directory.Write("dev.yaml", RenderContextFile(context, "by a test")), FileTrust::kOwn);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->current, "dev");
  ASSERT_NE(file->Find("dev"), nullptr);
  EXPECT_EQ(file->Find("dev")->token_file, "/a/token");
}

TEST(AddContext, MakesAFileThatOnlyItsOwnerReads) {
  TemporaryDirectory directory;
  const std::string path = (directory.path() / "deep" / "down" / "config.yaml").string();
  ASSERT_TRUE(AddContext(path, {"staging", "stage:7421", "", "", "default"}).ok());
  const auto file = ReadContextFile(path, FileTrust::kOwn);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->current, "staging");
  EXPECT_EQ(file->contexts.size(), 1u);
  const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  EXPECT_EQ(std::filesystem::status(path).permissions() & others, std::filesystem::perms::none);
}

TEST(AddContext, KeepsWhatStandsInTheFile) {
  TemporaryDirectory directory;
  const std::string path = directory.Write("config.yaml", kTwo);
  ASSERT_TRUE(AddContext(path, {"third", "a:7421,b:7421", "/a/ca.pem", "/a/token", "blue"}).ok());
  const auto file = ReadContextFile(path, FileTrust::kOwn);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->current, "staging");
  ASSERT_NE(file->Find("third"), nullptr);
  EXPECT_EQ(*file->Find("third"), (Context{"third", "a:7421,b:7421", "/a/ca.pem", "/a/token", "blue"}));
  EXPECT_NE(file->Find("live"), nullptr);
  EXPECT_THAT(ReadWholeFile(path), HasSubstr("# my fleets\ncurrent: staging   # for now\n"));
  // Once more changes nothing.
  const std::string before = ReadWholeFile(path);
  EXPECT_TRUE(AddContext(path, {"third", "a:7421,b:7421", "/a/ca.pem", "/a/token", "blue"}).ok());
  EXPECT_EQ(ReadWholeFile(path), before);
}

TEST(AddContext, OfAKnownNameIsRefused) {
  TemporaryDirectory directory;
  const std::string path = directory.Write("config.yaml", kTwo);
  EXPECT_TRUE(absl::IsAlreadyExists(AddContext(path, {"live", "elsewhere:7421", "", "", "gold"})));
  EXPECT_EQ(ReadWholeFile(path), kTwo);
}

TEST(AddContext, TakesFilesWithoutContextsAndWithoutALastLine) {
  TemporaryDirectory directory;
  for (const char* text : {"", "# nothing yet\n", "current: a", "contexts:\n    a: {coordinator: \"a:1\"}"}) {
    const std::string path = directory.Write("config.yaml", text);
    const absl::Status status = AddContext(path, {"b", "b:1", "", "", "default"});
    EXPECT_TRUE(status.ok()) << text << status;
    EXPECT_NE(ReadContextFile(path, FileTrust::kOwn)->Find("b"), nullptr) << text;
  }
}

TEST(AddContext, LeavesAFileAloneThatItCannotAddTo) {
  TemporaryDirectory directory;
  const std::string text = "contexts: {a: {coordinator: \"a:1\"}}\n";
  const std::string path = directory.Write("config.yaml", text);
  const absl::Status status = AddContext(path, {"b", "b:1", "", "", "default"});
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(ToStd(status.message())), HasSubstr("add it by hand:\n  \"b\": {coordinator: \"b:1\""));
  EXPECT_EQ(ReadWholeFile(path), text);
}

}  // namespace
}  // namespace wsfleet::cli
