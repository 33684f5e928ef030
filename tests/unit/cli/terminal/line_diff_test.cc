#include "cli/terminal/line_diff.h"

#include "gtest/gtest.h"

namespace wsfleet::cli {
namespace {

TEST(LineDiff, MarksWhatOnlyOneOfBothHas) {
  EXPECT_EQ(RenderLineDiff("a\nb\nc\n", "a\nx\nc\nd\n"), "  a\n- b\n+ x\n  c\n+ d\n");
  EXPECT_EQ(RenderLineDiff("a\n", "a\n"), "  a\n");
  EXPECT_EQ(RenderLineDiff("", "a\n"), "+ a\n");
  EXPECT_EQ(RenderLineDiff("a\nb", ""), "- a\n- b\n");
}

TEST(LineDiff, KeepsAsManyLinesAsItCan) {
  EXPECT_EQ(RenderLineDiff("1\n2\n3\n4\n", "2\n3\n4\n1\n"), "- 1\n  2\n  3\n  4\n+ 1\n");
}

TEST(LineDiff, GivesATerminalNoOrders) { EXPECT_EQ(RenderLineDiff("a\x1b[2J\n", ""), "- a?[2J\n"); }

}  // namespace
}  // namespace wsfleet::cli
