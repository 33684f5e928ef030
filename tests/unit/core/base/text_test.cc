#include "core/base/text.h"

#include <string>
#include <string_view>
#include <vector>

#include "core/base/source.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(Text, ReadsDurationsWithAUnitOnly) {
  EXPECT_EQ(ParseDuration("250ms"), absl::Milliseconds(250));
  EXPECT_EQ(ParseDuration("1.5m"), absl::Seconds(90));
  EXPECT_EQ(ParseDuration("2h"), absl::Hours(2));
  EXPECT_EQ(ParseDuration("-1m", /*signed_allowed=*/true), absl::Minutes(-1));
  for (const std::string_view wrong : {"", "3", "s", "-1m", "1 s", "1.s", ".5s", "1e3s", "1d", "0x1s", "+1s"}) {
    EXPECT_EQ(ParseDuration(wrong), std::nullopt) << wrong;
  }
}

TEST(Text, ReadsDaysWhereSomethingIsKept) {
  EXPECT_EQ(ParseLongDuration("90d"), absl::Hours(24 * 90));
  EXPECT_EQ(ParseLongDuration("1.5d"), absl::Hours(36));
  EXPECT_EQ(ParseLongDuration("12h"), absl::Hours(12));
  for (const std::string_view wrong : {"", "d", "1d1", "90", "hd"}) EXPECT_EQ(ParseLongDuration(wrong), std::nullopt);
}

TEST(Text, WritesDurationsThatItReads) {
  for (const std::string_view text : {"250ms", "90s", "2m", "1h", "0s", "1500ms"}) {
    EXPECT_EQ(DurationText(*ParseDuration(text)), text);
  }
}

TEST(Text, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string_view> keys = {"connect", "expect", "expect_all", "send", "thread"};
  EXPECT_EQ(ClosestMatch("conect", keys), "connect");
  EXPECT_EQ(ClosestMatch("thraed", keys), "thread");
  EXPECT_EQ(ClosestMatch("sned", keys), "send");
  EXPECT_EQ(ClosestMatch("frobnicate", keys), "");
}

TEST(Text, NeverCutsACharacterInHalf) {
  EXPECT_EQ(Excerpt("abc", 3), "abc");
  EXPECT_EQ(Excerpt("abéd", 3), "ab…");
  EXPECT_TRUE(IsValidUtf8(Excerpt("日本語", 4)));
}

TEST(Text, RefusesBytesThatAreNotUtf8) {
  EXPECT_TRUE(IsValidUtf8("h\xC3\xA9llo \xF0\x9F\x98\x80"));
  for (const std::string_view wrong : {"\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
    EXPECT_FALSE(IsValidUtf8(wrong));
  }
}

TEST(Text, MakesForeignTextSafeForATerminal) {
  EXPECT_EQ(Printable("a\x1B[31m\tb"), "a?[31m?b");
  EXPECT_EQ(Printable("caf\xC3\xA9"), "café");
  EXPECT_EQ(Printable("\xFF!"), "?!");
  // U+009B is the beginning of a terminal's sequence, U+202E and U+2067 turn what follows.
  EXPECT_EQ(Printable("\xC2\x9B"
                      "31m"),
            "?31m");
  EXPECT_EQ(Printable("a\xE2\x80\xAE"
                      "b\xE2\x81\xA7"),
            "a?b?");
  EXPECT_EQ(Printable("\xE2\x80\xA6\xE2\x81\xB0"), "\xE2\x80\xA6\xE2\x81\xB0");
}

TEST(Text, MakesEachLineSafeForATerminal) {
  EXPECT_EQ(PrintableLines("a\x1B[31m\n\xFFé\né\n"), "a?[31m\n???\né\n");
  EXPECT_EQ(PrintableLines(""), "");
}

TEST(Text, MatchesGlobsInLinearTime) {
  EXPECT_TRUE(GlobMatches("eu-*", "eu-west-1"));
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("*-1", "us-east-1"));
  EXPECT_FALSE(GlobMatches("eu-*", "us-east-1"));
  EXPECT_FALSE(GlobMatches("*a*a*a*a*b", std::string(10'000, 'a')));
}

TEST(Diagnostic, ShowsTheLineAndACaretUnderTheMark) {
  const SourceFiles files = {{"s.yaml", "version: wsfleet/v1\n      - conect: {path: /ws}\n"}};
  const Diagnostic diagnostic{Diagnostic::Severity::kError, {"s.yaml", 2, 9, 6}, "unknown key \"conect\""};
  EXPECT_EQ(RenderDiagnostic(diagnostic, files),
            "s.yaml:2:9: unknown key \"conect\"\n"
            "   |\n"
            " 2 |       - conect: {path: /ws}\n"
            "   |         ^^^^^^\n");
}

TEST(Diagnostic, GivesATerminalNoOrders) {
  const SourceFiles files = {{"s\x1B[31m.yaml", "a: \x1B[31mb\n"}};
  const Diagnostic diagnostic{Diagnostic::Severity::kError, {"s\x1B[31m.yaml", 1, 4, 1}, "found \"\x1B[31mb\""};
  EXPECT_EQ(RenderDiagnostic(diagnostic, files).find('\x1B'), std::string::npos);
}

}  // namespace
}  // namespace wsfleet
