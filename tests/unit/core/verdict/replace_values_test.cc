#include "core/verdict/replace_values.h"

#include "absl/strings/escaping.h"
#include "core/base/text.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

std::string Replaced(std::string_view text, const std::vector<std::string>& values) {
  GroupsOfValues groups{std::make_shared<KnownValues>()};
  for (const std::string& value : values) groups[0]->Add(value);
  return ReplaceValues(text, groups, "#");
}

TEST(ReplaceValues, TakesTheWholeOfWhatOverlaps) {
  EXPECT_EQ(Replaced("xx abcdefghij yy", {"abcdef", "efghij", "cdef"}), "xx # yy");
  EXPECT_EQ(Replaced("abcdabcd abcd", {"abcd"}), "# #");
  EXPECT_EQ(Replaced("nothing", {"abcd"}), "nothing");
  EXPECT_EQ(Replaced("abcd", {}), "abcd");
}

TEST(ReplaceValues, LooksForWhatIsOfDifferentOwnersAtOnce) {
  GroupsOfValues groups{std::make_shared<KnownValues>(), std::make_shared<KnownValues>()};
  groups[0]->Add("abcdef");
  groups[1]->Add("defghi");
  EXPECT_EQ(ReplaceValues("xabcdefghix", groups, "#"), "x#x");
}

TEST(ReplaceValues, TakesCharactersThatNeedNoEscapes) {
  EXPECT_EQ(Replaced("a &#104;&#117;&#110;&#x74;er2-Zq b", {"hunter2-Zq"}), "a # b");
  EXPECT_EQ(Replaced(R"(a \\u0068\\u0075nter2-\x5aq b)", {"hunter2-Zq"}), "a # b");
}

TEST(ReplaceValues, TakesWhatIsCutWithinItsEncoding) {
  EXPECT_EQ(Replaced(R"(\u0043\u0041\u004e\u0041\u00…)", {"CANARY"}), "#…");
  EXPECT_EQ(Replaced("x 43414e41525…", {"CANARY-key"}), "x #…");
  const std::string base64 = absl::Base64Escape("user:CANARY-key");
  EXPECT_EQ(Replaced(base64.substr(0, 13) + "…", {"CANARY-key"}), base64.substr(0, 6) + "#…");
  EXPECT_EQ(Replaced("x " + base64.substr(0, 15), {"CANARY-key"}), "x " + base64.substr(0, 6) + "#");
}

TEST(ReplaceValues, TakesWhatStandsBehindTheBeginOfAnEscape) {
  EXPECT_EQ(Replaced(R"(C:\nobody%2Fx)", {"nobody/x"}), R"(C:\#)");
  EXPECT_EQ(Replaced("%253fa8/x%2Fy", {"3fa8/x/y"}), "%25#");
  EXPECT_EQ(Replaced(R"(\u00410041%2Fx)", {"10041/x"}), R"(\u004#)");
}

TEST(ReplaceValues, TakesPaddingWithWhatIsInBase64) {
  EXPECT_EQ(Replaced("(Q0FOQVJZLWtleQ==)", {"CANARY-key"}), "(#)");
  EXPECT_EQ(Replaced("(Q0FOQVJZLWtleQ)=", {"CANARY-key"}), "(#)=");
}

// As large as a secret may be; each piece of it has to be found.
TEST(ReplaceValues, FindsAValueHoweverLongItIs) {
  std::string text, escaped;
  for (int i = 0; text.size() < 64 * 1024; ++i) {
    text += "k/" + std::to_string(i) + "ä\n";
    escaped += "k\\/" + std::to_string(i) + "\\u00e4\\n";
  }
  EXPECT_EQ(Replaced(text, {text}), "#");
  EXPECT_EQ(Replaced(escaped, {text}), "#");
  EXPECT_EQ(Replaced(absl::Base64Escape(escaped), {text}), "#");
}

TEST(ReplaceValues, DoesNotFindAShortPartOfALongOne) {
  EXPECT_EQ(Replaced("a/b%41", {"a/" + std::string(1023, 'x') + "/b"}), "a/b%41");
}

}  // namespace
}  // namespace wsfleet
