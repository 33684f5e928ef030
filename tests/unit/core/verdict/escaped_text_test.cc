#include "core/verdict/escaped_text.h"

#include "gtest/gtest.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

bool Finds(const std::string& text, const std::string& seen) {
  const RE2 pattern(PatternOfEscaped(text), RE2::Latin1);
  EXPECT_TRUE(pattern.ok()) << pattern.error();
  return RE2::PartialMatch(seen, pattern);
}

TEST(EscapedText, MatchesItselfAndNothingElse) {
  EXPECT_TRUE(Finds("a.b*", "x a.b* y"));
  EXPECT_FALSE(Finds("a.b*", "axbb"));
  EXPECT_FALSE(Finds("ab", "a b"));
}

TEST(EscapedText, EscapesEachCharacterInItsOwnWay) {
  EXPECT_TRUE(Finds("a/b c", R"(\u0061\/%62&#32;c)"));
  EXPECT_TRUE(Finds("line\none", R"(line\none)"));
  EXPECT_TRUE(Finds("back\\slash", R"(back\\\\slash)"));
  EXPECT_FALSE(Finds("a/b c", R"(\u0062\/%62&#32;c)"));
}

TEST(EscapedText, TakesWhatIsNoUtf8ByteForByte) {
  EXPECT_TRUE(Finds("\xff\xfe-key", R"(b'\xff\xfe-key')"));
  EXPECT_TRUE(Finds("\xff\xfe-key", "%FF%fe-key"));
  EXPECT_TRUE(Finds("\xff\xfe-key",
                    "?"
                    "?-key"));
  EXPECT_TRUE(Finds(std::string("a\0bc", 4), "a%00bc"));
}

}  // namespace
}  // namespace wsfleet
