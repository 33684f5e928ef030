#include <cstdlib>
#include <set>

#include "core/policy/policy_keys.h"
#include "core/scenario/keys.h"
#include "core/schedule/schedule_keys.h"
#include "gtest/gtest.h"
#include "tests/unit/core/scenario/suite_text.h"

// docs/reference/keys.md is made of the tables, as the schema is.
namespace wsfleet {
namespace {

using Kind = keys::Value::Kind;

std::string Link(const keys::Table& table) { return fmt::format("[{0}](#{0})", table.name); }

std::string Words(keys::Words words) {
  std::string out;
  for (const std::string_view word : words) out += fmt::format("{}`{}`", out.empty() ? "" : ", ", word);
  return out;
}

std::string Range(const keys::Value& value, std::string_view what) {
  const std::string most = value.max == keys::kNoLimit ? "" : fmt::format("{}", value.max);
  if (value.min == -keys::kNoLimit - 1) return std::string(what);
  if (most.empty()) return fmt::format("{}, {} or more", what, value.min);
  return fmt::format("{}, {} to {}", what, value.min, most);
}

// How a list says what its elements are.
std::string Several(const std::string& one) { return one.empty() ? "a list" : fmt::format("a list: {}", one); }

std::string Describe(const keys::Value& value) {
  switch (value.kind) {
    case Kind::kAny:
      return "any value";
    case Kind::kText:
      return "text";
    case Kind::kTemplate:
      return "text with templates";
    case Kind::kSecret:
      return "`${secret.X}`";
    case Kind::kIdentifier:
    case Kind::kVariable:
      return "name";
    case Kind::kWord:
      return Words(value.words);
    case Kind::kBool:
      return "`true`, `false`";
    case Kind::kTrue:
      return "`true`";
    case Kind::kInteger:
      return Range(value, "whole number");
    case Kind::kNumberAboveZero:
      return "number above 0";
    case Kind::kNumberTest:
      return "number, or a template";
    case Kind::kNumberTests:
      return "number, or tests of one";
    case Kind::kVersionTests:
      return fmt::format("{}, or tests of one", Words(keys::kTlsVersions));
    case Kind::kDuration:
      return "duration above zero";
    case Kind::kPause:
      return "duration";
    case Kind::kOffset:
      return "duration, may be negative";
    case Kind::kSize:
      return "size";
    case Kind::kRate:
      return "rate";
    case Kind::kShare:
      return "percentage";
    case Kind::kPredicate:
      return "predicate";
    case Kind::kSelector:
      return "selector";
    case Kind::kSource:
      return "`$.path`, `regex:RE2`";
    case Kind::kRequestSource:
      return "`$.path`, `regex:RE2`, `header:NAME`, `cookie:NAME`";
    case Kind::kMapping:
      return Link(*value.table);
    case Kind::kNames:
      return fmt::format("by name: {}", Describe(*value.element));
    case Kind::kList:
      return Several(Describe(*value.element));
    case Kind::kEither:
      break;
  }
  std::string out;
  for (const keys::Value& alternative : value.alternatives) out += (out.empty() ? "" : "; or ") + Describe(alternative);
  return out;
}

// In the order in which they are met from the suite on, then from a file of schedules and from a policy on.
class Reference {
 public:
  std::string Render() {
    Visit(keys::kSuite);
    Visit(keys::kPredicate);
    Visit(keys::kSchedules);
    Visit(keys::kFleetPolicy);
    return std::move(out_);
  }

 private:
  void Visit(const keys::Table& table) {
    if (!seen_.insert(&table).second) return;
    out_ += fmt::format("\n## {}\n\n{}\n", table.name, table.description);
    if (!table.keys.empty())
      out_ += "\n| key | what may stand there | | if it is left out |\n| --- | --- | --- | --- |\n";
    for (const keys::Key& key : table.keys) {
      out_ +=
          fmt::format("| {0}`{1}`{0} | {2} | {3} | {4} |\n", key.required ? "**" : "", key.name, Describe(key.value),
                      key.description, key.if_absent.empty() ? "" : fmt::format("`{}`", key.if_absent));
    }
    for (const keys::Key& key : table.keys) Visit(key.value);
  }
  void Visit(const keys::Value& value) {
    if (value.table != nullptr) Visit(*value.table);
    if (value.element != nullptr) Visit(*value.element);
    for (const keys::Value& alternative : value.alternatives) Visit(alternative);
  }

  std::set<const keys::Table*> seen_;
  std::string out_ =
      "# The keys of suites, schedules and policies\n\nMade from the tables that the parsers read "
      "(`core/scenario/keys.h`, "
      "`core/schedule/schedule_keys.h`, `core/policy/policy_keys.h`); a test compares them. "
      "[language.md](language.md),\n"
      "[schedules.md](schedules.md) and [fleet-policy.md](fleet-policy.md) say what they are for. **Needed** keys are "
      "bold; the order is that of `wsfleet "
      "fmt`.\n";
};

TEST(KeysReference, IsMadeOfTheTables) {
  const auto path = std::filesystem::path(WSFLEET_SOURCE_DIR) / "docs/reference/keys.md";
  const std::string rendered = Reference().Render();
  if (std::getenv("WSFLEET_UPDATE_REFERENCE") != nullptr) std::ofstream(path) << rendered;
  EXPECT_EQ(ReadFile(path), rendered) << "WSFLEET_UPDATE_REFERENCE=1 core_scenario_test writes it anew";
}

}  // namespace
}  // namespace wsfleet
