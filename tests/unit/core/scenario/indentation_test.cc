#include "core/scenario/indentation.h"

#include "core/base/source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/core/scenario/suite_text.h"

namespace wsfleet {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(std::string text) { return Errors(TextBundle(std::move(text))); }

TEST(Indentation, ThatFitsNoLineAboveNamesThoseItMayFollow) {
  EXPECT_EQ(ErrorOf("scenarios:\n  - name: one\n    steps:\n      - connect: {path: /ws}\n     - ping: {}\n"),
            "5:6 not YAML: this line is indented by 5 spaces, which fits none of the lines above it; expected 4 as in "
            "line 3 or 6 as in line 4\n");
  EXPECT_EQ(ErrorOf("scenarios:\n  - name: one\n   steps:\n      - ping: {}\n"),
            "3:4 not YAML: this line is indented by 3 spaces, which fits none of the lines above it; expected 2 as in "
            "line 2 or 4 as in line 2\n");
  EXPECT_THAT(ErrorOf("a:\n    b: |\n      x\n       y: 1\n    c: 1\n  d: 2\n"), HasSubstr("6:3 not YAML: this line"));
}

TEST(Indentation, BelowALineThatIsCompleteIsTooMuch) {
  EXPECT_THAT(ErrorOf("version: wsfleet/v1\n name: one\n"),
              HasSubstr("not YAML: this line is indented by 1 space, more than line 1, which is complete; expected 0"));
}

TEST(Indentation, OfAKeyAmongItemsOrOfAnItemAmongKeysIsToldApart) {
  EXPECT_THAT(
      ErrorOf("scenarios:\n  - name: one\n  steps:\n    - ping: {}\n"),
      HasSubstr("3:3 not YAML: this line is indented as the items of the list in line 2; expected `- `, or more"));
  EXPECT_THAT(ErrorOf("a:\n  b: 1\n  - x\n"),
              HasSubstr("3:3 not YAML: this item is indented as the keys in line 2; indent it as the list"));
}

TEST(Indentation, IsNotBlamedForWhatIsWrongInALine) {
  EXPECT_EQ(ExplainIndentation("a: b: c\n", 1), "");
  EXPECT_EQ(ExplainIndentation("a: 1\nb: c: d\n", 2), "");
  EXPECT_EQ(ExplainIndentation("a: {\n   b: 1\n c: 2\n", 3), "");
  EXPECT_EQ(ExplainIndentation("a: 1\n", 9), "");
  EXPECT_EQ(ExplainIndentation("", 1), "");
}

TEST(Indentation, ByATabIsSeenInTheExcerpt) {
  const Diagnostic diagnostic{Diagnostic::Severity::kError, {"a.yaml", 1, 2, 1}, "a tab"};
  EXPECT_EQ(RenderDiagnostic(diagnostic, {{"a.yaml", " \tb: 1\n"}}), "a.yaml:1:2: a tab\n   |\n 1 |  →b: 1\n   |  ^\n");
}

}  // namespace
}  // namespace wsfleet
