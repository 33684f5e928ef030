#include <filesystem>
#include <fstream>
#include <sstream>

#include "boost/json/parse.hpp"
#include "core/base/text.h"
#include "core/scenario/plan.h"
#include "fmt/format.h"
#include "gtest/gtest.h"

// The language's own files: examples that must be accepted, and mistakes that must be refused where they are made.
namespace wsfleet {
namespace {

namespace fs = std::filesystem;

const fs::path kLanguage = fs::path(WSFLEET_SOURCE_DIR) / "tests/scenario/language";

std::string Read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return std::move(content).str();
}

std::vector<fs::path> FilesOf(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().string().ends_with(".wsfleet.yaml")) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

Bundle BundleOf(const std::string& name, std::string text) {
  Bundle bundle;
  bundle.suites = {name};
  bundle.files[name] = std::move(text);
  return bundle;
}

std::string Errors(const ParseResult& result) {
  std::string out;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    if (diagnostic.severity != Diagnostic::Severity::kError) continue;
    out += fmt::format("{}:{} {}\n", diagnostic.range.line, diagnostic.range.column, diagnostic.message);
  }
  return out;
}

TEST(Language, RefusesEachBadFileAtItsPlaceWithItsMessageAndNothingElse) {
  const auto files = FilesOf(kLanguage / "bad");
  ASSERT_EQ(files.size(), 15u);
  for (const fs::path& file : files) {
    SCOPED_TRACE(file.filename().string());
    const std::string text = Read(file);
    // "# 8:9 message (schema)"
    std::string expected = text.substr(2, text.find('\n') - 2);
    expected = expected.substr(0, expected.rfind(" ("));
    EXPECT_EQ(Errors(ParseBundle(BundleOf("bad.wsfleet.yaml", text))), expected + "\n");
  }
}

TEST(Language, AcceptsEachExampleThatStandsAlone) {
  int accepted = 0;
  for (const fs::path& file : FilesOf(kLanguage / "examples")) {
    // Files of a folder suite take credentials and variables from it.
    if (file.parent_path().filename() == "06-suite" && file.filename() != "suite.wsfleet.yaml") continue;
    SCOPED_TRACE(file.filename().string());
    EXPECT_EQ(Errors(ParseBundle(BundleOf("example.wsfleet.yaml", Read(file)))), "");
    ++accepted;
  }
  EXPECT_EQ(accepted, 6);
}

// What a mistake in an otherwise good suite says. `mistake` replaces the line "MISTAKE".
std::string ErrorOf(const std::string& steps, const std::string& top = "") {
  const std::string text = "version: wsfleet/v1\nname: bad\ntarget: ws://127.0.0.1:1\n" + top +
                           "scenarios:\n  - name: one\n    steps:\n" + steps;
  return Errors(ParseBundle(BundleOf("bad.wsfleet.yaml", text)));
}

constexpr char kConnect[] = "      - connect: {path: /ws}\n";

TEST(Language, SaysWhatIsWrongWithEachMistakeOfItsTable) {
  struct Case {
    std::string steps, top, expected;
  };
  const std::vector<Case> cases = {
      {std::string(kConnect) + "      - ping: {within: 2s, max_time: 3s}\n", "",
       "max_time 3s can never be reached within 2s"},
      {"      - ping: {}\n", "", "no connection \"main\" is open here"},
      {"      - via: phone\n        ping: {}\n", "", "no connection \"phone\" is open here"},
      {"      - connect: {path: /ws, auth: usr}\n      - ping: {}\n", "auth: {user: {token: x}}\n",
       "undefined credential \"usr\"; did you mean \"user\"?"},
      {std::string(kConnect) + "      - send: {json: {a: 1}, capture: {session: $.a}}\n      - ping: {}\n", "",
       "\"session\" is reserved for templates"},
      {std::string(kConnect) + "      - send: {json: {a: 1}, capture: {room: $.a}}\n      - ping: {}\n",
       "vars: {room: lobby}\n", "\"room\" is a var or a matrix name"},
      {std::string(kConnect) + "      - expect: {match: {$.a: \"${secret.X}\"}}\n", "",
       "${secret.X} is not allowed here"},
      {std::string(kConnect) + "      - expect: {match: {$.a: {regex: \"(\"}}}\n", "", "missing )"},
      {std::string(kConnect) + "      - id: a\n        ping: {}\n      - id: a\n        ping: {}\n", "",
       "step id \"a\" is used twice"},
      {std::string(kConnect) + "      - expect: {match: {$.a: 1}, within: 5}\n", "",
       "within: expected a duration with a unit, found 5; write 5s or 5ms"},
      {std::string(kConnect) +
           "      - expect_all: {messages: [{match: {$.a: 1}, capture: {oid: $.b}}, {match: {$.b: \"${oid}\"}}]}\n",
       "", "\"oid\" is captured in this expect_all"},
      {std::string(kConnect) + "      - ping: {}\n", "stop_on_failure: 12\n",
       "stop_on_failure: expected a whole number, 1 to 9, found 12"},
      {std::string(kConnect) + "      - ping: {}\n", "defaults: {inbox: {max_bytes: 100}}\n",
       "max_bytes: expected a size with a unit, found 100"},
  };
  for (const Case& one : cases) {
    const std::string errors = ErrorOf(one.steps, one.top);
    EXPECT_NE(errors.find(one.expected), std::string::npos) << "expected: " << one.expected << "\nfound: " << errors;
  }
}

TEST(Language, RefusesWhatIsNoText) {
  const auto error = [](std::string text) { return Errors(ParseBundle(BundleOf("x.wsfleet.yaml", std::move(text)))); };
  EXPECT_EQ(error(""), "1:1 empty file; expected version, name, scenarios\n");
  EXPECT_EQ(error(std::string(10 << 20, '#')), "1:1 file is 10.0 MiB; the limit is 1 MiB\n");
  EXPECT_EQ(error("\xff\xfe"), "1:1 the file is not UTF-8 text\n");
  EXPECT_EQ(error(std::string("a: b\0c", 6)), "1:1 the file is binary: it holds a zero byte\n");
  EXPECT_NE(error("a: 1\n---\nb: 2\n").find("a second document"), std::string::npos);
}

TEST(Language, StopsAtBombsBeforeTheyGrow) {
  std::string aliases = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name < 'l'; ++name) {
    const char before = static_cast<char>(name - 1);
    aliases += fmt::format("{0}: &{0} [*{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}, *{1}]\n", name, before);
  }
  EXPECT_NE(Errors(ParseBundle(BundleOf("x.wsfleet.yaml", aliases))), "");
  EXPECT_NE(Errors(ParseBundle(BundleOf("x.wsfleet.yaml", std::string(100'000, '[')))).find("nested deeper"),
            std::string::npos);
}

constexpr char kMatrixSuite[] = R"(version: wsfleet/v1
name: s
target: "${where}"
vars: {where: "ws://127.0.0.1:1"}
scenarios:
  - name: late
    priority: 9
    tags: [slow]
    steps: [{http: {get: /, expect: {status: 200}}}]
  - name: early
    priority: 1
    matrix: {a: [1, 2], b: [x]}
    steps: [{http: {get: /, expect: {status: 200}}}]
)";

std::vector<std::string> CaseIds(const ResolveResult& result) {
  std::vector<std::string> ids;
  if (result.plan) {
    for (const PlannedCase& planned : result.plan->cases) ids.push_back(planned.id.value());
  }
  return ids;
}

TEST(Resolve, OrdersByTierAndNamesEachCellOfAMatrix) {
  const ResolveResult result = Resolve(BundleOf("s.wsfleet.yaml", kMatrixSuite), {}, {});
  ASSERT_NE(result.plan, nullptr);
  EXPECT_EQ(CaseIds(result), (std::vector<std::string>{"s/early [a=1, b=x]", "s/early [a=2, b=x]", "s/late"}));
}

TEST(Resolve, SelectsByExpressionTagAndTier) {
  const Bundle bundle = BundleOf("s.wsfleet.yaml", kMatrixSuite);
  Selection grep, tag, tier;
  grep.grep = "a=2";
  tag.tags = {"slow"};
  tier.max_priority = 1;
  EXPECT_EQ(CaseIds(Resolve(bundle, grep, {})), std::vector<std::string>{"s/early [a=2, b=x]"});
  EXPECT_EQ(CaseIds(Resolve(bundle, tag, {})), std::vector<std::string>{"s/late"});
  EXPECT_EQ(CaseIds(Resolve(bundle, tier, {})).size(), 2u);
}

TEST(Resolve, RefusesASelectionOfNothingAndSaysWhatThereIs) {
  Selection selection;
  selection.grep = "nowhere";
  const ResolveResult result = Resolve(BundleOf("s.wsfleet.yaml", kMatrixSuite), selection, {});
  ASSERT_EQ(result.plan, nullptr);
  EXPECT_NE(result.diagnostics.front().message.find("s/late"), std::string::npos);
}

TEST(Resolve, RefusesAVariableThatNoSuiteHas) {
  Variables variables;
  variables.vars["wher"] = "x";
  const ResolveResult result = Resolve(BundleOf("s.wsfleet.yaml", kMatrixSuite), {}, variables);
  ASSERT_EQ(result.plan, nullptr);
  EXPECT_NE(result.diagnostics.front().message.find("did you mean \"where\"?"), std::string::npos);
}

TEST(Resolve, RefusesWhatThisVersionDoesNotRunOnlyWhereItIsSelected) {
  std::string text = kMatrixSuite;
  text += "  - name: later\n    tags: [later]\n    steps: [{connect: {path: /}}, {ping: {}}, {drop: {}}]\n";
  const Bundle bundle = BundleOf("s.wsfleet.yaml", text);
  const ResolveResult all = Resolve(bundle, {}, {});
  ASSERT_EQ(all.plan, nullptr);
  EXPECT_EQ(all.diagnostics.front().message, "\"drop\" is not in this version");
  EXPECT_EQ(all.diagnostics.front().range.line, 16u);
  Selection selection;
  selection.grep = "early";
  EXPECT_NE(Resolve(bundle, selection, {}).plan, nullptr);
}

TEST(Language, KnowsTheKeysOfItsSchemaAndNoOthers) {
  // Each key that the editor's schema allows at the top is one that the parser knows.
  const std::string schema = Read(fs::path(WSFLEET_SOURCE_DIR) / "docs/reference/scenario-v1.schema.json");
  const auto json = boost::json::parse(schema);
  for (const auto& property : json.at("properties").as_object()) {
    const std::string text = fmt::format("{}: {{}}\n", std::string_view(property.key()));
    EXPECT_EQ(Errors(ParseBundle(BundleOf("x.wsfleet.yaml", text))).find("unknown key"), std::string::npos)
        << property.key();
  }
}

}  // namespace
}  // namespace wsfleet
