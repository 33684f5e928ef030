#include "core/verdict/decoded_text.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

std::string Unescaped(std::string_view text) {
  DecodedText out;
  Unescape(text, out);
  EXPECT_EQ(out.bytes.size(), out.places.size());
  return out.bytes;
}

TEST(DecodedText, TakesEachEscapeInItsOwnWay) {
  EXPECT_EQ(Unescaped(R"(\u0061\/%62&#32;c)"), "a/b c");
  EXPECT_EQ(Unescaped(R"(line\none)"), "line\none");
  EXPECT_EQ(Unescaped("p\\u00e4\\ud83d\\ude00&#xE4;&lt;&apos;"), "pä😀ä<'");
  EXPECT_EQ(Unescaped(R"(b'\xff\xfe%FF')"), "b'\xff\xfe\xff'");
  EXPECT_EQ(Unescaped("a+b%2Bc"), "a b c");
}

TEST(DecodedText, TakesEscapesOfEscapes) {
  EXPECT_EQ(Unescaped(R"({\\\"k\\\": \\u0061 %2541%252541 &amp;amp;lt; &amp;#65;})"), R"({"k": a AA < A})");
  EXPECT_EQ(Unescaped(R"(back\\\\slash)"), "backslash");
  EXPECT_EQ(WithoutEscapes("%5Cu0041%26amp%3B%2526lt%253B"), "A&<");
  EXPECT_EQ(Unescaped("%2525"), "%");
}

TEST(DecodedText, LeavesWhatIsNoEscape) {
  for (const std::string text : {"100% of %zz %4", "a & b &nbsp; &#; &#x; &#1114112; &#12", "", "ä\xff"}) {
    EXPECT_EQ(Unescaped(text), text);
  }
}

TEST(DecodedText, KnowsWhereEachByteStands) {
  DecodedText out;
  Unescape("a%2541\\u00e4", out);
  ASSERT_EQ(out.bytes, "aAä");
  EXPECT_EQ(out.places[1].begin, 1U);
  EXPECT_EQ(out.places[1].end, 6U);
  EXPECT_EQ(out.places[3].begin, 6U);
  EXPECT_EQ(out.places[3].end, 12U);
}

TEST(DecodedText, KnowsAnEscapeThatWasCut) {
  for (const std::string torn : {R"(\)", R"(\\u00)", R"(\x)", "%", "%4", "%25", "&", "&amp;#x1", "&quo"}) {
    EXPECT_EQ(TornEscape(torn + "…", 0), torn.size()) << torn;
  }
  EXPECT_EQ(TornEscape("abc", 0), 0U);
  EXPECT_EQ(TornEscape("abc", 3), 0U);
}

TEST(DecodedText, DecodesRunsOfBase64AndHexadecimal) {
  const std::string text = "is QUJDREVG-_8= or 414243zz";
  DecodedText out;
  const Stretch base64 = NextBase64(text, 0, 4);
  DecodeBase64(text, base64, out);
  EXPECT_EQ(out.bytes, "ABCDEF\xfb\xff");
  EXPECT_EQ(out.places[1].begin, 4U);
  EXPECT_EQ(out.places[1].end, 6U);
  const Stretch hex = NextHexadecimal(text, base64.end, 3);
  DecodeHexadecimal(text, hex, out);
  EXPECT_EQ(out.bytes, "ABC");
  EXPECT_EQ(out.places[2].end, text.size() - 2);
  EXPECT_EQ(NextHexadecimal(text, hex.end, 1).begin, text.size());
}

}  // namespace
}  // namespace wsfleet
