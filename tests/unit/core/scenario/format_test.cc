#include "core/scenario/format.h"

#include <random>

#include "core/scenario/yaml_reader.h"
#include "gtest/gtest.h"
#include "tests/unit/core/scenario/suite_text.h"

namespace wsfleet {
namespace {

std::string Format(const std::string& text) {
  const FormatResult result = FormatSuite("x.wsfleet.yaml", text);
  EXPECT_EQ(Messages(result.diagnostics, Diagnostic::Severity::kError), "");
  return result.text.value_or("left as it is");
}

TEST(Format, PutsKeysInTheOrderOfTheLanguageAndCommentsStayWithThem) {
  EXPECT_EQ(Format(R"(# At the top.

name: s
# The version.
version: wsfleet/v1
scenarios:
    -   steps:
          # First.
          -   ping: {max_time: 1s, within: 2s}   # the pong
              # Its name.
              id: p
          # Not yet:
          # - close: {}
        name: one
target: ws://a
)"),
            R"(# At the top.

# The version.
version: wsfleet/v1
name: s
target: ws://a
scenarios:
  - name: one
    steps:
      # First.
      # Its name.
      - id: p
        ping: {max_time: 1s, within: 2s}   # the pong
      # Not yet:
      # - close: {}
)");
}

TEST(Format, SeparatesScenariosByABlankLineAndHasNoOtherRunsOfThem) {
  EXPECT_EQ(
      Format("version: wsfleet/v1\n\n\nname: s  \nscenarios:\n\n- name: a\n  steps: [{ping: {}}]\n# of b\n- name: b\n"
             "  steps: [{ping: {}}]\n- {name: c, steps: [{ping: {}}]}\n- {name: d, steps: [{ping: {}}]}\n\n\n"),
      "version: wsfleet/v1\n\nname: s\nscenarios:\n  - name: a\n    steps: [{ping: {}}]\n\n  # of b\n  - name: b\n"
      "    steps: [{ping: {}}]\n\n  - {name: c, steps: [{ping: {}}]}\n  - {name: d, steps: [{ping: {}}]}\n");
}

TEST(Format, KeepsTextsOverSeveralLines) {
  const std::string text =
      "version: wsfleet/v1\nname: s\nvars:\n  block: |\n    one\n\n      two\n  folded: >-\n    three\n    four\n"
      "  indented: |2\n      five\n  quoted: \"six  \n    seven\"\n  plain: eight\n    nine\n  flow: {a: 1,  # ten\n"
      "    b: 'it''s }'}\n  list:\n    - |\n      eleven\n    - - twelve\n";
  EXPECT_EQ(Format(text), text);
  EXPECT_EQ(Format("name: s\nversion: wsfleet/v1\nvars:\n      block: |\n         one\n\n           two\n"),
            "version: wsfleet/v1\nname: s\nvars:\n  block: |\n    one\n\n      two\n");
}

TEST(Format, LeavesTheOrderWhereItHasAMeaning) {
  const std::string text =
      "version: wsfleet/v1\nname: s\nvars:\n  b: 1\n  a: 2\nscenarios:\n  - name: one\n    matrix:\n      z: [1]\n"
      "      y: [2]\n    steps:\n      - send:\n          json:\n            steps: 1\n            name: 2\n";
  EXPECT_EQ(Format(text), text);
}

TEST(Format, LeavesTheOrderWhereAnAnchorNeedsIt) {
  const std::string text = "name: &n s\nversion: wsfleet/v1\ntags: [*n]\n";
  EXPECT_EQ(Format("tags: [&n s]\nversion: wsfleet/v1\nname: *n\n"), "tags: [&n s]\nversion: wsfleet/v1\nname: *n\n");
  EXPECT_EQ(Format(text), "version: wsfleet/v1\nname: &n s\ntags: [*n]\n");
}

TEST(Format, LeavesWhatItDoesNotUnderstand) {
  EXPECT_EQ(Format("? version\n: wsfleet/v1\n"), "left as it is");
  EXPECT_EQ(Format("version: wsfleet/v1\n...\n"), "left as it is");
  EXPECT_EQ(Format("{version: wsfleet/v1, name: s}\n"), "left as it is");
}

TEST(Format, RefusesWhatIsNotYamlAndKeysThatNobodyKnows) {
  const auto errors = [](const std::string& text) {
    const FormatResult result = FormatSuite("x.wsfleet.yaml", text);
    EXPECT_FALSE(result.text);
    return Messages(result.diagnostics, Diagnostic::Severity::kError);
  };
  EXPECT_EQ(errors("a: [\n").find("2:1 not YAML"), 0u);
  EXPECT_EQ(errors(""), "1:1 empty file; expected version, name, scenarios\n");
  EXPECT_EQ(errors("[]\n"), "1:1 suite: expected a mapping, found an empty list\n");
  EXPECT_EQ(errors(SuiteText("      - conect: {path: /ws}\n      - ping: {witin: 1s}\n")),
            "7:9 unknown key \"conect\"; did you mean \"connect\"?\n"
            "8:16 unknown key \"witin\"; did you mean \"within\"?\n");
}

std::vector<std::string> CommentsOf(const std::string& text) {
  std::vector<std::string> comments;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (const std::size_t at = line.find("# "); at != std::string::npos) comments.push_back(line.substr(at));
  }
  for (std::string& comment : comments) comment.erase(comment.find_last_not_of(' ') + 1);
  std::ranges::sort(comments);
  return comments;
}

// A text that FormatSuite accepts comes out meaning the same, with its comments, and comes out the same again.
void Holds(const std::string& text) {
  const FormatResult result = FormatSuite("x.wsfleet.yaml", text);
  if (!result.text) return;
  EXPECT_EQ(Format(*result.text), *result.text) << text;
  EXPECT_EQ(CommentsOf(*result.text), CommentsOf(text)) << text;
  // Without places, what the parser says of both is the same.
  const auto said = [](const std::string& suite) {
    std::vector<std::string> messages;
    for (const Diagnostic& diagnostic : ParseBundle(TextBundle(suite)).diagnostics) {
      if (diagnostic.message.find_first_of("0123456789") == std::string::npos) messages.push_back(diagnostic.message);
    }
    std::ranges::sort(messages);
    return messages;
  };
  EXPECT_EQ(said(*result.text), said(text)) << text << "\n--- became\n" << *result.text;
}

TEST(Format, UnderstandsEachExample) {
  auto files = SuitesBelow(kLanguage / "examples");
  for (const auto& file : SuitesBelow(std::filesystem::path(WSFLEET_SOURCE_DIR) / "docs/examples"))
    files.push_back(file);
  for (const auto& file : files) {
    SCOPED_TRACE(file.string());
    EXPECT_NE(Format(ReadFile(file)), "left as it is");
    Holds(ReadFile(file));
  }
}

// Moves whole lines' indentation, adds comments, blank lines and blanks: what people do to a file.
std::string Mutated(std::string text, std::mt19937& random) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  for (unsigned changes = 1 + random() % 6; changes > 0; --changes) {
    const std::size_t at = random() % lines.size();
    const std::size_t indent = std::min(lines[at].find_first_not_of(' '), lines[at].size());
    switch (random() % 7) {
      case 0:
        lines[at] += std::string(random() % 3, ' ');
        break;
      case 1:
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), std::string(random() % 3, ' '));
        break;
      case 2:
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at),
                     std::string(random() % 9, ' ') + fmt::format("# comment {}", random() % 100));
        break;
      case 3:
        for (std::size_t i = at; i < lines.size() && lines[i].find_first_not_of(' ') >= indent; ++i)
          lines[i] = " " + lines[i];
        break;
      case 4:
        std::swap(lines[at], lines[random() % lines.size()]);
        break;
      case 5:
        lines[at] += fmt::format("   # behind {}", random() % 100);
        break;
      default:
        for (std::string& line : lines) {
          const std::size_t deep = std::min(line.find_first_not_of(' '), line.size());
          line = std::string(deep, ' ') + line;
        }
    }
  }
  text.clear();
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST(Format, KeepsMeaningAndCommentsOfWhateverPeopleWrite) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  std::size_t formatted = 0;
  for (const auto& file : SuitesBelow(kLanguage / "examples")) {
    const std::string good = ReadFile(file);
    for (int round = 0; round < 60; ++round) {
      const std::string text = Mutated(good, random);
      formatted += FormatSuite("x.wsfleet.yaml", text).text.has_value();
      Holds(text);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(formatted, 100u);
}

}  // namespace
}  // namespace wsfleet
