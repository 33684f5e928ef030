#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/core/scenario/suite_text.h"

// The language's own files: examples that must be accepted, and mistakes that must be refused where they are made.
namespace wsfleet {
namespace {

TEST(Language, RefusesEachBadFileAtItsPlaceWithItsMessageAndNothingElse) {
  const auto files = SuitesBelow(kLanguage / "bad");
  ASSERT_EQ(files.size(), 15u);
  for (const auto& file : files) {
    SCOPED_TRACE(file.filename().string());
    const std::string text = ReadFile(file);
    // "# 8:9 message (schema)"
    std::string expected = text.substr(2, text.find('\n') - 2);
    expected = expected.substr(0, expected.rfind(" ("));
    EXPECT_EQ(Errors(TextBundle(text)), expected + "\n");
  }
}

TEST(Language, AcceptsEachExample) {
  for (const std::string name : {"01-gate", "02-events", "03-load", "04-reconnect", "05-wire"}) {
    EXPECT_EQ(Errors(FolderBundle(kLanguage / "examples", name + ".wsfleet.yaml")), "") << name;
  }
  EXPECT_EQ(Errors(FolderBundle(kLanguage / "examples" / "06-suite", "suite.wsfleet.yaml")), "");
}

TEST(Language, SaysOfValidKeysThatThisVersionDoesNotRunThem) {
  const std::string text = SuiteText("      - connect: {path: /ws}\n      - ping: {}\n",
                                     "target: ws://a\nthresholds: [{expr: connect p95 < 800ms}]\n");
  EXPECT_EQ(Warnings(TextBundle(text)),
            "4:1 \"thresholds\" is valid, but not in this version: wsfleet run refuses it\n");
}

TEST(Language, WarnsOfWhatIsAllowedAndUnwise) {
  const auto warning = [](const std::string& steps, const std::string& top) {
    return Warnings(TextBundle(SuiteText(steps, top)));
  };
  const std::string ping = "      - connect: {path: /ws}\n      - ping: {}\n";
  EXPECT_EQ(warning("      - connect: {path: /ws, tls: {insecure: true}}\n      - ping: {}\n", "target: wss://a\n"),
            "7:36 insecure: the certificate is not verified; every report says so\n");
  EXPECT_NE(
      warning(ping, "target: a\ntargets: {a: {url: ws://a, requires: [{http: {get: /health}}]}}\n").find("health"),
      std::string::npos);
  EXPECT_EQ(warning(ping, "target: [a, ws://b]\ntargets: {a: {url: ws://a, requires: [{http: {get: /health}}]}}\n"),
            "");
  const std::string unique =
      "      - connect: {path: /ws}\n      - expect_all: {unique: true, within: 11s, messages: [{match: {$.a: 1}}]}\n";
  EXPECT_NE(warning(unique, "target: ws://a\n").find("8:9 unique: true holds the step"), std::string::npos);
}

TEST(Language, StopsAtTwentyErrorsInTheOrderOfTheText) {
  std::string steps;
  for (int i = 0; i < 30; ++i) steps += "      - conect: {path: /ws}\n";
  const std::string errors = Errors(TextBundle(SuiteText(steps)));
  EXPECT_EQ(std::ranges::count(errors, '\n'), 20);
  EXPECT_TRUE(errors.starts_with("7:9 "));
  EXPECT_NE(errors.find("\n26:9 "), std::string::npos);
}

constexpr char kFolder[] = R"(version: wsfleet/v1
name: folder
files: [a.wsfleet.yaml, "b*.wsfleet.yaml"]
target: ws://127.0.0.1:1
tags: [all]
vars: {room: lobby, kind: x}
defaults: {within: 3s, retries: 2}
)";
constexpr char kListed[] = R"(version: wsfleet/v1
name: a
tags: [own]
vars: {room: cellar}
defaults: {retries: 0}
scenarios:
  - name: one
    steps: [{http: {get: "/${room}/${kind}", expect: {status: 200}}}]
)";

Bundle Folder(const std::string& suite, const std::string& listed) {
  Bundle bundle;
  bundle.suites = {"suite.wsfleet.yaml"};
  bundle.files = {{"suite.wsfleet.yaml", suite}, {"a.wsfleet.yaml", listed}, {"b1.wsfleet.yaml", listed}};
  std::string& second = bundle.files["b1.wsfleet.yaml"];
  second.replace(second.find("name: a"), 7, "name: b");
  return bundle;
}

TEST(Language, LaysAFolderSuiteUnderEachOfItsFiles) {
  const ParseResult result = ParseBundle(Folder(kFolder, kListed));
  ASSERT_TRUE(result.ok()) << Messages(result.diagnostics, Diagnostic::Severity::kError);
  ASSERT_EQ(result.suites.size(), 2u);
  const Suite& suite = result.suites.front();
  EXPECT_EQ(suite.file, "a.wsfleet.yaml");
  EXPECT_EQ(suite.scenarios.front().tags, (std::vector<std::string>{"all", "own"}));
  EXPECT_EQ(suite.defaults.within, absl::Seconds(3));
  EXPECT_EQ(suite.defaults.retries, 0u);
  EXPECT_EQ(suite.vars.size(), 2u);
  EXPECT_EQ(result.suites.back().name, "b");
}

TEST(Language, RefusesFolderSuitesAtTheFileThatIsWrong) {
  std::string suite = kFolder, listed = kListed;
  suite.replace(suite.find("retries: 2"), 10, "retires: 2");
  EXPECT_EQ(Errors(Folder(suite, listed)),
            "suite.wsfleet.yaml:7:24 unknown key \"retires\"; did you mean \"retries\"?\n");
  listed.replace(listed.find("${kind}"), 7, "${kidn}");
  EXPECT_EQ(Errors(Folder(kFolder, listed)),
            "a.wsfleet.yaml:8:36 undefined variable \"kidn\"; did you mean \"kind\"?\n"
            "b1.wsfleet.yaml:8:36 undefined variable \"kidn\"; did you mean \"kind\"?\n");
  suite = kFolder;
  suite.replace(suite.find("b*"), 2, "c*");
  EXPECT_EQ(Errors(Folder(suite, kListed)), "suite.wsfleet.yaml:3:26 files: nothing matches \"c*.wsfleet.yaml\"\n");
  EXPECT_EQ(Errors(Folder(std::string(kFolder) + "load: {}\n", kListed)),
            "suite.wsfleet.yaml:8:1 \"load\" does not go with files; write it into a file\n");
}

TEST(Language, ChecksTheVersionOfAFolderSuiteToo) {
  const std::string suite = kFolder, version = "version: wsfleet/v1";
  for (const char* wrong : {"wsfleet/v2", "4000", "[a]", "{}", "\"\""}) {
    std::string other = suite;
    other.replace(other.find(version), version.size(), fmt::format("version: {}", wrong));
    EXPECT_THAT(Errors(Folder(other, kListed)), ::testing::HasSubstr("version: expected wsfleet/v1, found ")) << wrong;
  }
  std::string without = suite;
  without.erase(without.find(version), version.size());
  EXPECT_THAT(Errors(Folder(without, kListed)), ::testing::HasSubstr("\"version\" is missing; write version"));
}

TEST(Language, KnowsTheTagsOfTheCoreSchema) {
  const auto errors = [](const std::string& value) {
    return Errors(TextBundle(SuiteText("      - connect: {path: !!str /ws}\n      - send: !!map {json: !!seq [" +
                                       value + "]}\n      - !!map\n        ping: {}\n")));
  };
  EXPECT_EQ(errors("!!str 12, !!int '11', !!float 1.5, !!bool true, !!null ~, ! x"), "");
  EXPECT_NE(errors("!!bool 1"), "");
  EXPECT_NE(errors("!!timestamp 2026-01-01"), "");
}

TEST(Language, TellsAListedFileThatWasGivenAloneWhereItsTargetIs) {
  Bundle bundle = Folder(kFolder, kListed);
  bundle.suites = {"a.wsfleet.yaml"};
  EXPECT_EQ(Errors(bundle),
            "a.wsfleet.yaml:1:1 no target; this file is part of suite.wsfleet.yaml: run that, or add target\n");
}

TEST(Language, RefusesTwoSuitesOfOneName) {
  Bundle bundle = TextBundle(SuiteText("      - connect: {path: /ws}\n      - ping: {}\n"));
  bundle.files["y.wsfleet.yaml"] = bundle.files["x.wsfleet.yaml"];
  bundle.suites.push_back("y.wsfleet.yaml");
  EXPECT_EQ(Errors(bundle), "y.wsfleet.yaml:1:1 suite name \"s\" is used twice; the first is in x.wsfleet.yaml\n");
}

}  // namespace
}  // namespace wsfleet
