#include "core/verdict/escaped_text.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

bool Finds(const std::string& text, const std::string& seen) {
  std::string replaced = seen;
  EscapedText(text).Replace(replaced, "");
  return replaced != seen;
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

TEST(EscapedText, IsNotFoundInAShortPartOfIt) {
  std::string harmless = "a/b%41";
  EscapedText("a/" + std::string(1023, 'x') + "/b").Replace(harmless, "");
  EXPECT_EQ(harmless, "a/b%41");
}

// As large as a secret may be; each piece of it has to be found.
TEST(EscapedText, IsFoundHoweverLongItIs) {
  std::string text, seen;
  for (int i = 0; text.size() < 64 * 1024; ++i) {
    text += "k/" + std::to_string(i) + "ä\n";
    seen += "k\\/" + std::to_string(i) + "\\u00e4\\n";
  }
  EscapedText(text).Replace(seen, "");
  EXPECT_EQ(seen, "");
}

}  // namespace
}  // namespace wsfleet
