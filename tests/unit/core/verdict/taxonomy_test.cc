#include "core/verdict/taxonomy.h"

#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(Taxonomy, HasAPageForEachClass) {
  std::ifstream in(WSFLEET_SOURCE_DIR "/docs/reference/failures.md");
  std::ostringstream read;
  read << in.rdbuf();
  const std::string pages = read.str();
  for (int number = 1; number <= static_cast<int>(FailureClass::kGuard); ++number) {
    const auto failure = static_cast<FailureClass>(number);
    const std::string heading = "\n## " + std::string(FailureClassName(failure)) + "\n";
    const std::size_t begin = pages.find(heading);
    ASSERT_NE(begin, std::string::npos) << heading;
    const std::string page = pages.substr(begin + heading.size(), pages.find("\n## ", begin + 1) - begin);
    for (const char* part : {"- **Observed**: ", "- **Means**: ", "- **Look next**: "}) {
      EXPECT_NE(page.find(part), std::string::npos) << heading << part;
    }
  }
}

TEST(Taxonomy, ReadsItsOwnWords) {
  for (int number = 1; number <= static_cast<int>(FailureClass::kGuard); ++number) {
    const auto failure = static_cast<FailureClass>(number);
    EXPECT_EQ(ParseFailureClass(FailureClassName(failure)), failure);
  }
  EXPECT_EQ(ParseFailureClass("upgrade-refused"), std::nullopt);
}

}  // namespace
}  // namespace wsfleet
