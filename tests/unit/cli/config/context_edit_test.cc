#include "cli/config/context_edit.h"

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

constexpr char kFlow[] =
    "# my fleets\n"
    "current: staging   # for now\n"
    "contexts:\n"
    "  staging: {coordinator: \"stage.example.com:7421\", ca: ca.pem, token_file: token}\n"
    "  live: {coordinator: \"live.example.com:7421\", fleet: gold}\n";

// In lines, with comments.
constexpr char kBlock[] =
    "current: staging\n"
    "contexts:\n"
    "  staging:\n"
    "    coordinator: 'stage:7421'   # the only one\n"
    "    ca: ca.pem                  # of the company\n"
    "\n"
    "  # what people use\n"
    "  live:\n"
    "    coordinator: live:7421\n";

TEST(UseContext, KeepsWhatStandsInTheFile) {
  TemporaryDirectory directory;
  const std::string path = directory.Write("config.yaml", kFlow);
  ASSERT_TRUE(UseContext(path, "live").ok());
  EXPECT_EQ(ReadContextFile(path, FileTrust::kOwn)->current, "live");
  EXPECT_THAT(ReadWholeFile(path), HasSubstr("# my fleets\n"));
  EXPECT_THAT(ReadWholeFile(path), HasSubstr("stage.example.com:7421"));
}

TEST(RenderContextFile, IsReadAsItWasWritten) {
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
  const std::string path = directory.Write("config.yaml", kFlow);
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
  const std::string path = directory.Write("config.yaml", kFlow);
  const absl::Status status = AddContext(path, {"live", "elsewhere:7421", "", "/a/token", "gold"});
  EXPECT_TRUE(absl::IsAlreadyExists(status));
  EXPECT_THAT(std::string(ToStd(status.message())),
              HasSubstr("with other settings (coordinator, token_file); `wsfleet context set live …` changes them"));
  EXPECT_EQ(ReadWholeFile(path), kFlow);
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

TEST(ChangeContext, WritesWhatIsOtherAndKeepsTheRest) {
  TemporaryDirectory directory;
  const std::string path = directory.Write("config.yaml", kFlow);
  Context staging = *ReadContextFile(path, FileTrust::kOwn)->Find("staging");
  staging.coordinator = "a:7421,b:7421";
  ASSERT_TRUE(ChangeContext(path, staging).ok());
  EXPECT_EQ(ReadWholeFile(path),
            "# my fleets\n"
            "current: staging   # for now\n"
            "contexts:\n"
            "  staging: {coordinator: \"a:7421,b:7421\", ca: ca.pem, token_file: token}\n"
            "  live: {coordinator: \"live.example.com:7421\", fleet: gold}\n");
  ASSERT_TRUE(ChangeContext(path, {"live", "live.example.com:7421", "/a/ca.pem", "", "gold"}).ok());
  EXPECT_THAT(ReadWholeFile(path),
              HasSubstr("  live: {ca: \"/a/ca.pem\", coordinator: \"live.example.com:7421\", fleet: gold}\n"));
}

TEST(ChangeContext, KeepsLinesAndComments) {
  TemporaryDirectory directory;
  const std::string path = directory.Write("config.yaml", kBlock);
  ASSERT_TRUE(ChangeContext(path, {"staging", "a:1,b:1", "/new/ca.pem", "/a/token", "default"}).ok());
  EXPECT_EQ(ReadWholeFile(path),
            "current: staging\n"
            "contexts:\n"
            "  staging:\n"
            "    token_file: \"/a/token\"\n"
            "    coordinator: \"a:1,b:1\"   # the only one\n"
            "    ca: \"/new/ca.pem\"                  # of the company\n"
            "\n"
            "  # what people use\n"
            "  live:\n"
            "    coordinator: live:7421\n");
}

TEST(ChangeContext, LeavesAFileAloneThatItCannotChange) {
  TemporaryDirectory directory;
  const std::string text = "contexts:\n  a:\n    coordinator: >-\n      a:1\n";
  const std::string path = directory.Write("config.yaml", text);
  const absl::Status status = ChangeContext(path, {"a", "b:1", "", "", "default"});
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(ToStd(status.message())), HasSubstr("change it by hand:\n  \"a\": {coordinator: \"b:1\""));
  EXPECT_EQ(ReadWholeFile(path), text);
  EXPECT_TRUE(absl::IsNotFound(ChangeContext(path, {"b", "b:1", "", "", "default"})));
}

TEST(RemoveContext, TakesItsLinesAndTheChoiceOfIt) {
  TemporaryDirectory directory;
  const std::string path = directory.Write("config.yaml", kBlock);
  ASSERT_TRUE(RemoveContext(path, "staging").ok());
  EXPECT_EQ(ReadWholeFile(path),
            "contexts:\n"
            "\n"
            "  # what people use\n"
            "  live:\n"
            "    coordinator: live:7421\n");
  EXPECT_TRUE(absl::IsNotFound(RemoveContext(path, "staging")));
  // Of the last one nothing stays that would be no list of contexts, and another may be added.
  ASSERT_TRUE(RemoveContext(path, "live").ok());
  EXPECT_TRUE(ReadContextFile(path, FileTrust::kOwn)->contexts.empty());
  ASSERT_TRUE(AddContext(path, {"b", "b:1", "", "", "default"}).ok());
  EXPECT_EQ(ReadContextFile(path, FileTrust::kOwn)->current, "b");
}

TEST(RemoveContext, LeavesAFileAloneThatItCannotChange) {
  TemporaryDirectory directory;
  const std::string text = "contexts: {a: {coordinator: \"a:1\"}, b: {coordinator: \"b:1\"}}\n";
  const std::string path = directory.Write("config.yaml", text);
  const absl::Status status = RemoveContext(path, "a");
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(ToStd(status.message())), HasSubstr("remove \"a\" by hand"));
  EXPECT_EQ(ReadWholeFile(path), text);
}

}  // namespace
}  // namespace wsfleet::cli
