#include "cli/command_line/manual.h"

#include <algorithm>

#include "cli/command_line/program.h"
#include "cli/command_line/tree.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// As a reader sees it: roff's escapes for what stands on a keyboard taken back.
std::string Readable(std::string text) {
  for (const auto& [from, to] : {std::pair{"\\-", "-"}, {"\\fB", ""}, {"\\fI", ""}, {"\\fR", ""}, {"\\e", "\\"}}) {
    const std::string_view escape = from;
    for (std::size_t at = 0; (at = text.find(escape, at)) != std::string::npos;) text.replace(at, escape.size(), to);
  }
  return text;
}

TEST(Manual, HasAPageForEachCommandThatNamesEveryCommandAndFlag) {
  Interrupt interrupt;
  const Program program(interrupt);
  const std::vector<ManualPage> pages = RenderManual(program.tree());
  EXPECT_EQ(pages.front().file, "wsfleet.1");
  for (const TreeCommand& command : FlattenTree(program.tree())) {
    const std::string file = command.path.empty() ? "wsfleet.1" : "wsfleet-" + command.path.front() + ".1";
    const auto page = std::ranges::find(pages, file, &ManualPage::file);
    ASSERT_NE(page, pages.end()) << file;
    const std::string text = Readable(page->text);
    for (const TreeFlag& flag : command.flags) {
      if (flag.names.back() == "--help" && !command.path.empty()) continue;
      for (const std::string& name : flag.names) EXPECT_THAT(text, HasSubstr(name)) << file;
    }
    for (const TreeFlag& argument : command.arguments) EXPECT_THAT(text, HasSubstr(argument.names.front())) << file;
    const bool is_leaf = command.commands.empty() && !command.path.empty();
    EXPECT_THAT(text, HasSubstr(is_leaf ? command.description : "")) << file;
  }
}

TEST(Manual, SaysHowACommandEndsAndWhereItsCoordinatorIs) {
  Interrupt interrupt;
  const Program program(interrupt);
  const std::vector<ManualPage> pages = RenderManual(program.tree());
  const std::string text = Readable(pages.front().text);
  EXPECT_THAT(text, HasSubstr(".SH EXIT STATUS\n.TP\n0\npassed.\n"));
  EXPECT_THAT(text, HasSubstr("WSFLEET_TOKEN_FILE"));
  EXPECT_THAT(text, HasSubstr("wsfleet-coordinator(8)"));
  for (const ManualPage& page : pages) {
    EXPECT_THAT(Readable(page.text), Not(HasSubstr("--baseline"))) << page.file << ": a flag of later versions";
  }
}

class ServiceManual : public ::testing::Test {
 protected:
  ServiceManual() {
    app_.add_option("--region", region_, "Where it stands")->required()->envname("REGION");
    app_.add_option("--shards", shards_, "Shards at once")->check(CLI::Range(1u, 9u))->capture_default_str();
    app_.add_subcommand("ca", "The authority")->add_flag("--force", force_, ".dot, back\\slash, and…");
  }

  std::string region_;
  unsigned shards_ = 4;
  bool force_ = false;
  CLI::App app_{"Serves.", "a-program"};
};

TEST_F(ServiceManual, SaysOfEachOptionWhatTheTableKnows) {
  const ManualPage page = RenderServiceManual(app_, {"One.\n\nTwo.", {{"FILES", {{"/etc/a", "Its file."}}}}, {"b(1)"}});
  EXPECT_EQ(page.file, "a-program.8");
  const std::string text = Readable(page.text);
  EXPECT_THAT(text, HasSubstr(".SH NAME\na-program - Serves\n"));
  EXPECT_THAT(text, HasSubstr("--region TEXT\nWhere it stands. Required. Environment: REGION.\n"));
  EXPECT_THAT(text, HasSubstr("--shards NUMBER\nShards at once. From 1 to 9. Default: 4.\n"));
  EXPECT_THAT(text, HasSubstr(".SH FILES\n.TP\n/etc/a\nIts file.\n"));
  EXPECT_THAT(text, HasSubstr("One.\n.PP\nTwo.\n"));
  EXPECT_THAT(text, HasSubstr("a-program ca"));
}

TEST_F(ServiceManual, KeepsWhatRoffWouldTakeForARequest) {
  const ManualPage page = RenderServiceManual(app_, {".TH is no request here", {}, {"b(1)"}});
  EXPECT_THAT(page.text, HasSubstr("\n\\&.TH is no request here\n"));
  EXPECT_THAT(page.text, HasSubstr("\n\\&.dot, back\\eslash, and....\n"));
}

}  // namespace
}  // namespace wsfleet::cli
