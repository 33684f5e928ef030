#include <chrono>
#include <random>

#include "core/scenario/format.h"
#include "gtest/gtest.h"
#include "tests/unit/core/scenario/suite_text.h"

// Files that nobody would write by accident, and those that somebody does: binary, too large, bombs, noise.
namespace wsfleet {
namespace {

TEST(HostileText, IsRefusedForWhatItIs) {
  const auto error = [](std::string text) { return Errors(TextBundle(std::move(text))); };
  EXPECT_EQ(error(""), "1:1 empty file; expected version, name, scenarios\n");
  EXPECT_EQ(error("\n  \n"), "1:1 empty file; expected version, name, scenarios\n");
  EXPECT_EQ(error("# only words\n"), "1:1 empty file; expected version, name, scenarios\n");
  EXPECT_EQ(error(std::string(10 << 20, '#')), "1:1 file is 10.0 MiB; the limit is 1 MiB\n");
  EXPECT_EQ(error("\xff\xfe"), "1:1 the file is not UTF-8 text: there is a byte 0xFF\n");
  EXPECT_EQ(error("a: b\nc: d\xC3(\n"), "2:5 the file is not UTF-8 text: there is a byte 0xC3\n");
  EXPECT_EQ(error(std::string("a: b\0c", 6)), "1:5 the file is binary: it holds a zero byte\n");
  EXPECT_EQ(error(std::string("a: b\n\nc\0d", 9)), "3:2 the file is binary: it holds a zero byte\n");
  EXPECT_EQ(error("a: {url: ${env.X}}\n"),
            "1:11 not YAML: end of map flow not found; inside of {…} a template needs quotes: \"${name}\"\n");
  EXPECT_EQ(error("a: {path: /ws?token=a}\n"),
            "1:14 not YAML: unknown token; put a text that holds this character in quotes\n");
  EXPECT_EQ(error("a: 1\n---\nb: 2\n"), "3:1 a second document; a suite is one YAML document\n");
  EXPECT_EQ(error("a:\n  b: 1\n \tc: 2\n"), "3:2 a tab cannot indent YAML; use spaces\n");
  EXPECT_EQ(error("a: !!python/object x\n"), "1:4 the tag tag:yaml.org,2002:python/object is not supported\n");
  EXPECT_EQ(error("a: !!int x\n"), "1:4 !!int: this is \"x\"\n");
  EXPECT_EQ(error("a: !!map [1]\n"), "1:4 the tag tag:yaml.org,2002:map is not supported\n");
  EXPECT_EQ(error("a: !!str \"x\nb: 1\n"), "1:10 this quote is not closed; add a \" at the end of the text\n");
  EXPECT_EQ(error("[a, b]\n"), "1:1 suite: expected a mapping, found a list\n");
  EXPECT_NE(error("a: [1\n").find("not YAML"), std::string::npos);
}

TEST(HostileText, CannotBeALargeBundle) {
  Bundle bundle = TextBundle(SuiteText("      - connect: {path: /ws}\n      - ping: {}\n"));
  bundle.files["large.bin"] = std::string(9 << 20, 'x');
  EXPECT_EQ(Errors(bundle), "0:0 the bundle is 9.0 MiB; the limit is 8 MiB\n");
}

TEST(HostileText, StopsAtLimitsBeforeItGrows) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name < 'l'; ++name) {
    const char before = static_cast<char>(name - 1);
    bomb += fmt::format("{0}: &{0} [*{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}]\n", name, before);
  }
  EXPECT_NE(Errors(TextBundle(bomb)).find("stand for more than 20000 values"), std::string::npos);
  std::string nested = "a: ";
  for (int i = 0; i < 60; ++i) nested += fmt::format("&a{} [", i);
  for (int i = 0; i < 1000; ++i) nested += "1, ";
  EXPECT_NE(Errors(TextBundle(nested + std::string(60, ']'))).find("stand for more than 20000 values"),
            std::string::npos);
  std::string aliases = "a: &a 1\n", anchors;
  for (int i = 0; i < 101; ++i) aliases += fmt::format("k{}: *a\n", i);
  for (int i = 0; i < 101; ++i) anchors += fmt::format("k{0}: &a{0} 1\n", i);
  EXPECT_EQ(Errors(TextBundle(aliases)), "102:7 more than 100 aliases; write the values out\n");
  EXPECT_NE(Errors(TextBundle(anchors)).find("101:7 more than 100 anchors"), std::string::npos);
  EXPECT_EQ(Errors(TextBundle(std::string(1'000'000, '['))), "1:65 nested deeper than 64 levels\n");
  // Where the scan for depth is led to believe that it is inside of quotes.
  EXPECT_EQ(Errors(TextBundle("a: x\n  \"\nb: " + std::string(200'000, '['))),
            "1:1 more than 100000 opening brackets\n");
  const std::string deep = std::string(63, '[') + "x" + std::string(63, ']');
  EXPECT_EQ(Errors(TextBundle("version: " + deep)).find("nested"), std::string::npos);
  EXPECT_NE(Errors(TextBundle("version: [" + deep + "]")).find("1:73 nested"), std::string::npos);
  std::string blocks;
  for (int i = 0; i < 70; ++i) blocks += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_EQ(Errors(TextBundle(blocks)), "65:65 nested deeper than 64 levels\n");
}

// Texts within the limits whose checks would be quadratic, or worse, if they were written carelessly.
TEST(HostileText, CostsLittleAtItsWorst) {
  std::vector<std::string> texts;
  std::string keys, credentials = "auth:\n  c0: {token: x}\n", scenarios, variables, matrix;
  for (int i = 0; keys.size() < 1'000'000 && i < 90'000; ++i) keys += fmt::format("k{}: 1\n", i);
  for (int i = 1; i < 30'000; ++i) credentials += fmt::format("  c{}: {{from: c{}}}\n", i, i - 1);
  for (int i = 0; i < 15'000; ++i) scenarios += fmt::format("  - {{name: s{}, steps: [{{ping: {{}}}}]}}\n", i);
  for (int i = 0; i < 990; ++i) variables += fmt::format("v{}: \"${{v{}}}${{v{}}}\", ", i, i + 1, i + 1);
  for (int i = 0; i < 64; ++i) matrix += fmt::format("m{}: [1, 2], ", i);
  const std::string ping = "      - connect: {path: /ws}\n      - ping: {}\n";
  texts.push_back(keys);
  texts.push_back(SuiteText(ping, "target: ws://a\n" + credentials));
  texts.push_back(SuiteText(ping) + scenarios);
  texts.push_back(SuiteText(ping, "target: ws://a\nvars: {" + variables + "last: x}\n"));
  texts.push_back(SuiteText(ping) + "    matrix: {" + matrix + "last: [1]}\n");
  for (const std::string& text : texts) {
    const auto began = std::chrono::steady_clock::now();
    EXPECT_NE(Errors(TextBundle(text)), "");
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20)) << text.substr(0, 200);
  }
}

// Parses and resolves; what matters is that it comes back, and that what it says can be shown.
void Try(const std::string& text) {
  const Bundle bundle = TextBundle(text);
  const ResolveResult result = Resolve(bundle, {}, {});
  ASSERT_TRUE(result.plan != nullptr || !result.diagnostics.empty());
  for (const Diagnostic& diagnostic : result.diagnostics)
    ASSERT_FALSE(RenderDiagnostic(diagnostic, bundle.files).empty());
  const FormatResult formatted = FormatSuite("x.wsfleet.yaml", text);
  ASSERT_FALSE(formatted.text && !formatted.diagnostics.empty());
}

TEST(HostileText, NeverThrowsWhateverTheBytes) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  constexpr std::string_view kSigns = "{}[]:,-\"'$&*!|>#%@ \n\tab01\xc3\xa4\\";
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 200, '\0');
    for (char& c : text) c = round % 2 == 0 ? kSigns[random() % kSigns.size()] : static_cast<char>(random());
    Try(text);
  }
}

TEST(HostileText, NeverThrowsWhateverIsWrongWithAGoodSuite) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  for (const auto& file : SuitesBelow(kLanguage / "examples")) {
    const std::string good = ReadFile(file);
    for (int round = 0; round < 60; ++round) {
      std::string text = good;
      for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
        const std::size_t at = random() % text.size();
        if (random() % 2 == 0) {
          text.erase(at, 1 + random() % 20);
        } else {
          text.insert(at, good.substr(random() % good.size(), 1 + random() % 20));
        }
        if (text.empty()) text = " ";
      }
      Try(text);
    }
  }
}

// A suite of somebody else's that was cloned.
TEST(HostileText, ThatWouldGiveATargetTheTokenOfTheCoordinatorIsRefused) {
  const std::string expected =
      " ${env.WSFLEET_TOKEN} is not allowed: who submits a run shows it to the coordinator, and to no target; expected "
      "a "
      "secret, ${secret.NAME}\n";
  const std::string send =
      "      - connect: {path: /ws}\n      - send: {text: \"${env.WSFLEET_TOKEN}\"}\n      - ping: {}\n";
  EXPECT_EQ(Errors(TextBundle(SuiteText(send, "target: ws://127.0.0.1:1\n"))), "8:23" + expected);
  const std::string connect = "      - connect: {path: \"/ws?t=${env.WSFLEET_TOKEN}\"}\n      - ping: {}\n";
  EXPECT_EQ(Errors(TextBundle(SuiteText(connect, "target: ws://127.0.0.1:1\nrequires: [{env: WSFLEET_TOKEN}]\n"))),
            "8:32" + expected);
}

}  // namespace
}  // namespace wsfleet
