#include "cli/plan/bundle_files.h"

#include <filesystem>

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TemporaryDirectory;

std::string Suite(const std::string& name, const std::string& step = "ping: {}") {
  return "version: wsfleet/v1\nname: " + name +
         "\ntarget: ws://127.0.0.1:9\nscenarios:\n  - name: one\n    steps: [{connect: {path: /ws}}, {" + step + "}]\n";
}

std::string MessageOf(const absl::StatusOr<BundleOnDisk>& bundle) {
  return std::string(ToStd(bundle.status().message()));
}

TEST(Bundle, OfAFolderHoldsItsSuitesInByteOrder) {
  TemporaryDirectory directory;
  directory.Write("b.wsfleet.yaml", Suite("b"));
  directory.Write("a.wsfleet.yaml", Suite("a"));
  directory.Write("notes.yaml", "x: 1\n");
  const auto bundle = ReadBundle({directory.path().string()});
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_THAT(bundle->bundle.suites, ElementsAre("a.wsfleet.yaml", "b.wsfleet.yaml"));
  EXPECT_FALSE(bundle->bundle.files.contains("notes.yaml"));
}

TEST(Bundle, HoldsFilesThatASuiteNames) {
  TemporaryDirectory directory;
  directory.Write("data/frame.bin", "abc");
  const std::string suite = directory.Write("a.wsfleet.yaml", Suite("a", "send: {file: data/frame.bin}"));
  const auto bundle = ReadBundle({suite});
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  ASSERT_TRUE(bundle->bundle.files.contains("data/frame.bin"));
  EXPECT_EQ(bundle->bundle.files.at("data/frame.bin"), "abc");
}

TEST(Bundle, OfAListedFileAloneHoldsTheSuiteThatItsTargetStandsIn) {
  TemporaryDirectory directory;
  directory.Write("suite.wsfleet.yaml", "version: wsfleet/v1\nname: s\ntarget: ws://a\nfiles: [parts.wsfleet.yaml]\n");
  const std::string part = directory.Write(
      "parts.wsfleet.yaml", "version: wsfleet/v1\nname: p\nscenarios:\n  - {name: one, steps: [{wait: 1s}]}\n");
  const auto bundle = ReadBundle({part});
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_THAT(bundle->bundle.suites, ElementsAre("parts.wsfleet.yaml"));
  EXPECT_TRUE(bundle->bundle.files.contains("suite.wsfleet.yaml"));
}

TEST(Bundle, OfAFolderWithASuiteOfItsOwnWarnsOfTheOthers) {
  TemporaryDirectory directory;
  directory.Write("suite.wsfleet.yaml", Suite("s"));
  directory.Write("b.wsfleet.yaml", Suite("b"));
  const auto bundle = ReadBundle({directory.path().string()});
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_THAT(bundle->bundle.suites, ElementsAre("suite.wsfleet.yaml"));
  EXPECT_THAT(bundle->warnings, ElementsAre(HasSubstr("b.wsfleet.yaml is not run")));
}

TEST(Bundle, DoesNotFollowALinkOutOfItsFolder) {
  TemporaryDirectory outside, directory;
  const std::string secret = outside.Write("secret", "s3cr3t");
  std::filesystem::create_symlink(secret, directory.path() / "frame.bin");
  const auto bundle = ReadBundle({directory.Write("a.wsfleet.yaml", Suite("a", "send: {file: frame.bin}"))});
  ASSERT_FALSE(bundle.ok());
  EXPECT_THAT(MessageOf(bundle), HasSubstr("outside"));
}

TEST(Bundle, DoesNotReadAboveItsFolder) {
  TemporaryDirectory directory;
  directory.Write("secret", "s3cr3t");
  const auto bundle = ReadBundle({directory.Write("suites/a.wsfleet.yaml", Suite("a", "send: {file: ../secret}"))});
  ASSERT_TRUE(bundle.ok());  // the parser refuses it, with its place
  EXPECT_EQ(bundle->bundle.files.size(), 1u);
}

TEST(Bundle, KnowsItsFilesByTheNamesThatWereGiven) {
  TemporaryDirectory directory;
  const std::string suite = directory.Write("sub/a.wsfleet.yaml", Suite("a"));
  const auto bundle = ReadBundle({suite});
  ASSERT_TRUE(bundle.ok());
  EXPECT_EQ(Shown({"a.wsfleet.yaml", 3, 1}, bundle->shown), (SourceRange{suite, 3, 1}));
  EXPECT_EQ(Shown({"other", 3, 1}, bundle->shown), (SourceRange{"other", 3, 1}));
}

TEST(Bundle, RefusesWhatIsNotThereTooLargeOrNoFile) {
  TemporaryDirectory directory;
  EXPECT_THAT(MessageOf(ReadBundle({(directory.path() / "absent.yaml").string()})), HasSubstr("does not exist"));
  EXPECT_THAT(MessageOf(ReadBundle({directory.Write("big.wsfleet.yaml", std::string((1 << 20) + 1, '#'))})),
              HasSubstr("the limit is 1 MiB"));
  EXPECT_THAT(MessageOf(ReadBundle({"/dev/null"})), HasSubstr("neither a file nor a folder"));
  TemporaryDirectory empty;
  EXPECT_THAT(MessageOf(ReadBundle({empty.path().string()})), HasSubstr("wsfleet new"));
}

TEST(Bundle, OfSeveralFoldersKeepsThemApart) {
  TemporaryDirectory directory;
  directory.Write("x/suite.wsfleet.yaml", Suite("x"));
  directory.Write("y/suite.wsfleet.yaml", Suite("y"));
  const auto bundle = ReadBundle({(directory.path() / "x").string(), (directory.path() / "y").string()});
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_THAT(bundle->bundle.suites, ElementsAre("x/suite.wsfleet.yaml", "y/suite.wsfleet.yaml"));
}

TEST(Bundle, HoldsASuiteOnceHoweverOftenItIsNamed) {
  TemporaryDirectory directory;
  const std::string suite = directory.Write("a.wsfleet.yaml", Suite("a"));
  const auto bundle = ReadBundle({suite, suite});
  ASSERT_TRUE(bundle.ok());
  EXPECT_EQ(bundle->bundle.suites.size(), 1u);
}

}  // namespace
}  // namespace wsfleet::cli
