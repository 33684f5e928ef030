#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/cli/wsfleet.h"

namespace wsfleet::cli {
namespace {

using testing::Finished;
using ::testing::HasSubstr;
using testing::ReadWholeFile;

TEST(Run, OnALocalFleetRefusesARegionThatItWillNeverHave) {
  testing::TemporaryDirectory directory;
  const std::string path = (directory.path() / "first.wsfleet.yaml").string();
  ASSERT_EQ(Wsfleet({"new", path}).exit_code, 0);
  const Finished run = Wsfleet({"run", path, "--local", "--from", "us-*,eu-wset-1"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("--from eu-wset-1: the local fleet has eu-west-1, us-east-1, ap-south-1 only; did you "
                                 "mean eu-west-1?"));
}

TEST(Run, OnALocalFleetSaysSoEverywhereQuietOrNot) {
  testing::TemporaryDirectory directory;
  directory.Write("skipped.wsfleet.yaml",
                  "version: wsfleet/v1\nname: s\ntarget: ws://127.0.0.1:9\nscenarios:\n  - name: one\n    skip: not "
                  "today\n    steps: [{connect: {path: /ws}}, {ping: {}}]\n");
  std::vector<std::string> line{"run", "-q", "skipped.wsfleet.yaml"};
  for (const char* format : {"json", "junit", "ctrf", "html", "md"}) {
    line.insert(line.end(), {"--report", std::string(format) + "=report." + format});
  }
  const Finished run = Unconfigured(line, directory);
  EXPECT_EQ(run.err, "no coordinator is configured: a local fleet of 3 regions runs this\n");
  EXPECT_THAT(run.out, HasSubstr(" regions · local fleet on this machine · "));
  for (const char* format : {"junit", "ctrf", "html", "md"}) {
    EXPECT_THAT(ReadWholeFile((directory.path() / ("report." + std::string(format))).string()),
                HasSubstr("local fleet on this machine"));
  }
  EXPECT_THAT(ReadWholeFile((directory.path() / "report.json").string()), HasSubstr("\"local\":true"));
}

TEST(Run, DoesNotFallBackToALocalFleetWhereAnotherIsMeant) {
  testing::TemporaryDirectory directory;
  ASSERT_EQ(Unconfigured({"new"}, directory).exit_code, 0);
  for (const std::vector<std::string>& line :
       {std::vector<std::string>{"run", "-q", "first.wsfleet.yaml"}, {"probe", "ws://127.0.0.1:9"}}) {
    const Finished run = Unconfigured(line, directory, {{"WSFLEET_TOKEN", "x"}});
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_EQ(run.out, "");
    EXPECT_THAT(run.err, HasSubstr("expected a coordinator beside WSFLEET_TOKEN, found none"));
    EXPECT_THAT(run.err, HasSubstr("--local"));
  }
}

}  // namespace
}  // namespace wsfleet::cli
