#include "core/scenario/schema.h"

#include <cstdlib>
#include <map>
#include <set>

#include "boost/json/parse.hpp"
#include "core/scenario/keys.h"
#include "gtest/gtest.h"
#include "tests/unit/core/scenario/suite_text.h"

// The tables of the language, and the schema that is made of them. That the schema accepts the examples and refuses the
// bad files is tests/scenario/language/schema_test.py.
namespace wsfleet {
namespace {

using Kind = keys::Value::Kind;

// Each table that can be met from the suite on, by its name.
class TableCollector {
 public:
  std::map<std::string_view, const keys::Table*> Collect() {
    Visit(keys::kSuite);
    Visit(keys::kPredicate);
    return std::move(found_);
  }

 private:
  void Visit(const keys::Table& table) {
    const auto [known, added] = found_.emplace(table.name, &table);
    EXPECT_EQ(known->second, &table) << "two tables are named " << table.name;
    if (!added) return;
    for (const keys::Key& key : table.keys) Visit(key.value);
  }
  void Visit(const keys::Value& value) {
    if (value.table != nullptr) Visit(*value.table);
    if (value.element != nullptr) Visit(*value.element);
    for (const keys::Value& alternative : value.alternatives) Visit(alternative);
  }

  std::map<std::string_view, const keys::Table*> found_;
};

TEST(Keys, SayOfEachKeyWhatItIsInOneLine) {
  for (const auto& [name, table] : TableCollector().Collect()) {
    EXPECT_FALSE(table->description.empty()) << name;
    std::set<std::string_view> seen;
    for (const keys::Key& key : table->keys) {
      EXPECT_TRUE(seen.insert(key.name).second) << name << " has " << key.name << " twice";
      EXPECT_FALSE(key.description.empty()) << name << " " << key.name;
      EXPECT_EQ(key.description.find('\n'), std::string_view::npos) << name << " " << key.name;
      EXPECT_FALSE(key.required && !key.if_absent.empty()) << name << " " << key.name;
    }
  }
}

TEST(Keys, HaveRulesOverKeysThatExist) {
  for (const auto& [name, table] : TableCollector().Collect()) {
    for (const keys::Rule& rule : table->rules) {
      std::vector<std::string_view> named(rule.keys.begin(), rule.keys.end());
      named.insert(named.end(), rule.without.begin(), rule.without.end());
      for (const std::string_view key : {rule.key, rule.list}) {
        if (!key.empty()) named.push_back(key);
      }
      for (const std::string_view key : named) EXPECT_NE(table->Find(key), nullptr) << name << " " << key;
    }
  }
}

// A value that the parser reads as of this kind, or nothing if that takes more than a word.
std::string Sample(const keys::Value& value) {
  switch (value.kind) {
    case Kind::kDuration:
    case Kind::kPause:
      return "7s";
    case Kind::kOffset:
      return "-7s";
    case Kind::kInteger:
      return std::to_string(std::max<std::int64_t>(value.min, 1));
    case Kind::kWord:
      return std::string(value.words.front());
    case Kind::kBool:
      return "true";
    default:
      return {};
  }
}

// The steps and mappings below them that the next tests write.
const std::map<std::string_view, std::string> kAround{
    {"ping", "ping: {KEYS}"},
    {"close", "close: {KEYS}"},
    {"repeat", "repeat: {steps: [{ping: {}}], times: 1, KEYS}"},
    {"expect", "expect: {match: {$.a: 1}, KEYS}"},
    {"expect_all", "expect_all: {messages: [{match: {$.a: 1}}], KEYS}"},
    {"expect_seq", "expect_seq: {messages: [{match: {$.a: 1}}], KEYS}"},
    {"expect_close", "expect_close: {KEYS}"},
    {"send", "send: {text: a, KEYS}"},
    {"connect", "connect: {path: /b, as: other, KEYS}"},
    {"http", "http: {get: /, KEYS}"},
};

std::string ErrorsWith(const std::string& around, const std::string& keys) {
  std::string step = around;
  step.replace(step.find("KEYS"), 4, keys);
  return Errors(TextBundle(SuiteText("      - connect: {path: /a}\n      - ping: {}\n      - " + step + "\n")));
}

TEST(Keys, AreReadAsWhatTheTableSays) {
  const auto tables = TableCollector().Collect();
  for (const auto& [name, around] : kAround) {
    for (const keys::Key& key : tables.at(name)->keys) {
      const bool given = around.find(fmt::format("{}:", key.name)) != std::string::npos;
      const std::string sample = Sample(key.value);
      if (given || sample.empty() || key.name == "max_time") continue;
      EXPECT_EQ(ErrorsWith(around, fmt::format("{}: {}", key.name, sample)), "") << name << " " << key.name;
      EXPECT_NE(ErrorsWith(around, fmt::format("{}: [x]", key.name)), "") << name << " " << key.name;
      if (key.value.kind == Kind::kDuration) {
        EXPECT_NE(ErrorsWith(around, fmt::format("{}: 0s", key.name)), "") << name << " " << key.name;
      }
      if (key.value.kind != Kind::kInteger) continue;
      for (const std::int64_t outside : {key.value.min - 1, key.value.max == keys::kNoLimit ? -1 : key.value.max + 1}) {
        EXPECT_NE(ErrorsWith(around, fmt::format("{}: {}", key.name, outside)), "") << name << " " << key.name;
      }
    }
  }
}

TEST(Keys, AreNeededWhereTheTableSaysSo) {
  const std::string good = "version: wsfleet/v1\nname: s\ntarget: ws://a\nscenarios:\n  - name: one\n    steps:\n";
  for (const auto& [step, missing] : std::map<std::string, std::string>{{"connect: {as: x}", "path"},
                                                                        {"expect: {within: 1s}", "match"},
                                                                        {"expect_all: {within: 1s}", "messages"},
                                                                        {"expect_none: {for: 1s}", "match"},
                                                                        {"expect_none: {match: {$.a: 1}}", "for"},
                                                                        {"repeat: {times: 1}", "steps"}}) {
    const keys::Key* key = keys::kStep.Find(step.substr(0, step.find(':')))->value.table->Find(missing);
    ASSERT_NE(key, nullptr) << step;
    EXPECT_TRUE(key->required) << step;
    EXPECT_NE(Errors(TextBundle(good + "      - " + step + "\n")).find(missing), std::string::npos) << step;
  }
}

// Calls `visit` with each object of the schema.
template <typename Visit>
void ForEachObject(const boost::json::value& json, const Visit& visit) {
  if (json.is_array()) {
    for (const auto& element : json.get_array()) ForEachObject(element, visit);
  }
  if (!json.is_object()) return;
  visit(json.get_object());
  for (const auto& member : json.get_object()) ForEachObject(member.value(), visit);
}

TEST(Schema, DefinesWhatItRefersToAndRefersToWhatItDefines) {
  const auto schema = boost::json::parse(ScenarioSchema());
  std::set<std::string> defined, referred;
  for (const auto& member : schema.at("definitions").as_object()) {
    defined.emplace("#/definitions/" + std::string(member.key().data(), member.key().size()));
    EXPECT_FALSE(member.value().is_null());
  }
  ForEachObject(schema, [&](const boost::json::object& object) {
    if (const auto* reference = object.if_contains("$ref")) referred.emplace(reference->as_string().c_str());
  });
  EXPECT_EQ(defined, referred);
}

TEST(Schema, HasADefinitionOfEachTableAndNoOtherClosedMapping) {
  const auto schema = boost::json::parse(ScenarioSchema());
  const auto& definitions = schema.at("definitions").as_object();
  std::size_t closed = 0;
  ForEachObject(schema, [&](const boost::json::object& object) {
    const auto* additional = object.if_contains("additionalProperties");
    closed += additional != nullptr && *additional == false;
  });
  const auto tables = TableCollector().Collect();
  EXPECT_EQ(closed, tables.size());
  for (const auto& [name, table] : tables) {
    const auto& object =
        table == &keys::kSuite ? schema.as_object() : definitions.at({name.data(), name.size()}).as_object();
    std::vector<std::string_view> expected, found;
    for (const keys::Key& key : table->keys) expected.push_back(key.name);
    for (const auto& member : object.at("properties").as_object()) {
      found.emplace_back(member.key().data(), member.key().size());
    }
    EXPECT_EQ(found, expected) << name;
  }
}

TEST(Schema, IsTheOneOfTheReference) {
  const auto path = std::filesystem::path(WSFLEET_SOURCE_DIR) / "docs/reference/scenario-v1.schema.json";
  if (std::getenv("WSFLEET_UPDATE_REFERENCE") != nullptr) std::ofstream(path) << ScenarioSchema();
  EXPECT_EQ(ReadFile(path), ScenarioSchema()) << "WSFLEET_UPDATE_REFERENCE=1 core_scenario_test writes it anew";
}

}  // namespace
}  // namespace wsfleet
