#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/real_fleet.h"
#include "tests/support/temporary_directory.h"

// `wsfleet fmt`: what it reads, writes and says. What it makes of a text is core/scenario/format_test.cc.
namespace wsfleet::cli {
namespace {

using testing::Binary;
using testing::Finished;
using ::testing::HasSubstr;
using testing::ReadWholeFile;

constexpr char kGood[] = "version: wsfleet/v1\nname: s\n";
constexpr char kUgly[] = "name:  s  # why\nversion: wsfleet/v1";
constexpr char kPretty[] = "version: wsfleet/v1\nname:  s  # why\n";

class FormatCommandTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    const auto path = directory_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }
  static Finished Format(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {Binary("wsfleet"), "fmt"});
    return testing::RunCommand({arguments, {}, {}}, absl::Seconds(60));
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(FormatCommandTest, RewritesWhatIsNotInFormAndLeavesItsRights) {
  const std::string ugly = Write("a.wsfleet.yaml", kUgly), good = Write("below/b.wsfleet.yaml", kGood);
  std::filesystem::permissions(ugly, std::filesystem::perms(0664));
  const auto before = std::filesystem::last_write_time(good);
  const Finished run = Format({directory_.path().string()});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err, "formatted " + ugly + "\n");
  EXPECT_EQ(ReadWholeFile(ugly), kPretty);
  EXPECT_EQ(std::filesystem::status(ugly).permissions(), std::filesystem::perms(0664));
  EXPECT_EQ(std::filesystem::last_write_time(good), before);
  EXPECT_EQ(Format({directory_.path().string(), "--check"}).exit_code, 0);
}

TEST_F(FormatCommandTest, OnlyNamesTheFilesThatWouldChangeWithCheck) {
  const std::string ugly = Write("a.wsfleet.yaml", kUgly), good = Write("b.wsfleet.yaml", kGood);
  const Finished run = Format({"--check", ugly, good});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_EQ(run.out, ugly + "\n");
  EXPECT_EQ(ReadWholeFile(ugly), kUgly);
}

TEST_F(FormatCommandTest, ReadsStdinAndWritesStdout) {
  const std::string ugly = Write("a.wsfleet.yaml", kUgly);
  const std::string command = Binary("wsfleet") + " fmt - < " + ugly;
  const Finished run = testing::RunCommand({{"/bin/sh", "-c", command}, {}, {}}, absl::Seconds(60));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out, kPretty);
}

TEST_F(FormatCommandTest, RefusesWhatIsNoSuiteAtItsPlaceAndGoesOn) {
  const std::string bad = Write("a.wsfleet.yaml", "version: wsfleet/v1\nnaem: s\n"),
                    ugly = Write("b.wsfleet.yaml", kUgly);
  const Finished run = Format({directory_.path().string()});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr(bad + ":2:1: unknown key \"naem\"; did you mean \"name\"?"));
  EXPECT_EQ(ReadWholeFile(ugly), kPretty);
}

TEST_F(FormatCommandTest, LeavesWhatItDoesNotUnderstandAndSaysSo) {
  const std::string path = Write("a.wsfleet.yaml", "{name: s,\nversion: wsfleet/v1}\n");
  const Finished run = Format({path});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("left as it is"));
  EXPECT_EQ(ReadWholeFile(path), "{name: s,\nversion: wsfleet/v1}\n");
}

TEST_F(FormatCommandTest, SaysWhenThereIsNothingToFormat) {
  const Finished folder = Format({directory_.path().string()});
  EXPECT_EQ(folder.exit_code, 2);
  EXPECT_THAT(folder.err, HasSubstr("has no *.wsfleet.yaml"));
  EXPECT_EQ(Format({(directory_.path() / "none.yaml").string()}).exit_code, 2);
}

}  // namespace
}  // namespace wsfleet::cli
