#include "cli/report/report_files.h"

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;

std::string Problem(const std::vector<std::string>& texts) {
  const auto reports = ParseReports(texts);
  return reports.ok() ? "none" : std::string(ToStd(reports.status().message()));
}

TEST(Reports, AreAskedForByFormatAndPath) {
  const auto reports = ParseReports({"junit=a.xml,md=-", "json=b.json", "html=c.html,ctrf=d.json"});
  ASSERT_TRUE(reports.ok());
  ASSERT_EQ(reports->size(), 5u);
  EXPECT_EQ((*reports)[1].format, "md");
  EXPECT_TRUE(GoesToStdout(*reports));
}

TEST(Reports, AreRefusedBeforeARunWhenTheyCouldNotBeWritten) {
  EXPECT_THAT(Problem({"pdf=x"}), HasSubstr("junit"));
  EXPECT_THAT(Problem({"junit"}), HasSubstr("=FILE"));
  EXPECT_THAT(Problem({"md=/no/such/folder/x.md"}), HasSubstr("does not exist"));
  EXPECT_THAT(Problem({"md=-", "json=-"}), HasSubstr("only one"));
}

}  // namespace
}  // namespace wsfleet::cli
