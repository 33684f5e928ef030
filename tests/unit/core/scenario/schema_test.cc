#include "core/scenario/schema.h"

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "core/match/json_schema.h"
#include "core/scenario/keys.h"
#include "core/scenario/yaml_reader.h"
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

boost::json::value ToJson(const YamlNode& node) {
  if (node.is_scalar()) return ScalarValue(node);
  if (node.is_sequence()) {
    boost::json::array array;
    for (const YamlNode& element : node.elements) array.push_back(ToJson(element));
    return array;
  }
  boost::json::object object;
  for (const YamlNode::Entry& entry : node.entries) object[entry.key] = ToJson(entry.value);
  return object;
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

// Values as they come, somewhere in a good suite.
boost::json::value Changed(const boost::json::value& good, std::mt19937& random) {
  static const boost::json::array kValues = boost::json::parse(R"([null, true, false, 0, 1, -1, 1.5, "", "x", "3s",
      "-3s", "0s", "1h", "${x}", "${uuid}", [], ["a"], {}, {"a": 1}, "wsfleet/v1", "all", "none", 10001, "1MiB", "a b",
      [1], [[]], ["a", "a"], "ws://x", "http://x", "http://x:1", "tls1.2", 4000, "0a", 12])")
                                                .as_array();
  boost::json::value changed = good;
  boost::json::value* at = &changed;
  for (;;) {
    boost::json::value* below = nullptr;
    if (auto* object = at->if_object(); object != nullptr && !object->empty()) {
      auto member = object->begin() + static_cast<std::ptrdiff_t>(random() % object->size());
      if (random() % 12 == 0) {
        object->erase(member);
        return changed;
      }
      below = &member->value();
    } else if (auto* array = at->if_array(); array != nullptr && !array->empty()) {
      below = &(*array)[random() % array->size()];
    }
    if (below == nullptr || random() % 6 == 0) break;
    at = below;
  }
  *at = kValues[random() % kValues.size()];
  return changed;
}

// Both are made of the tables; what one of them does on its own shows here.
TEST(Schema, AcceptsWhateverTheParserAccepts) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  const auto schema = JsonSchema::Parse(ScenarioSchema());
  ASSERT_TRUE(schema.ok()) << schema.status();
  std::size_t accepted = 0;
  for (const auto& file : SuitesBelow(kLanguage / "examples")) {
    const std::string name = std::filesystem::relative(file, kLanguage / "examples").generic_string();
    Bundle bundle = FolderBundle(kLanguage / "examples", name);
    Diagnostics diagnostics;
    const auto root = ReadYaml(name, bundle.files[name], diagnostics);
    ASSERT_TRUE(root) << name;
    const boost::json::value good = ToJson(*root);
    EXPECT_TRUE((*schema)->Accepts(good)) << name << ": " << (*schema)->Explain(good);
    for (int round = 0; round < 200; ++round) {
      const boost::json::value changed = Changed(good, random);
      bundle.files[name] = boost::json::serialize(changed);
      if (!ParseBundle(bundle).ok()) continue;
      ++accepted;
      EXPECT_TRUE((*schema)->Accepts(changed)) << (*schema)->Explain(changed) << "\n" << bundle.files[name];
    }
  }
  EXPECT_GT(accepted, 50u);
}

TEST(Schema, RefusesWhatNoFrameAndNoLengthCanBe) {
  const auto schema = JsonSchema::Parse(ScenarioSchema());
  ASSERT_TRUE(schema.ok()) << schema.status();
  const auto accepts = [&](const std::string& step) {
    return (*schema)->Accepts(boost::json::parse(
        R"({"version": "wsfleet/v1", "name": "a", "scenarios": [{"name": "b", "steps": [)" + step + "]}]}"));
  };
  for (const char* match : {R"({"opcode": "x"})", R"({"opcode": {"not": "x"}})", R"({"hex": "none"})", R"({"hex": 12})",
                            R"({"hex": {"in": ["0a", "0"]}})", R"({"$.a": {"length": null}})",
                            R"({"$.a": {"length": {"eq": "1"}}})", R"({"$.a": {"in": "x"}})"}) {
    EXPECT_FALSE(accepts(fmt::format(R"({{"expect": {{"match": {}}}}})", match))) << match;
  }
  for (const char* match : {R"({"opcode": {"in": ["text", "${x}"]}})", R"({"hex": "0a${x}"})", R"({"text": 1})",
                            R"({"$.a": {"length": {"gt": 1}}})", R"({"$.a": {"in": "${list}"}})"}) {
    EXPECT_TRUE(accepts(fmt::format(R"({{"expect": {{"match": {}}}}})", match))) << match;
  }
  for (const char* step :
       {R"({"http": {"get": "/", "expect": {"status": "200"}}})",
        R"({"http": {"get": "/", "expect": {"status": {"not": "404"}}}})", R"({"expect_close": {"code": "1011"}})",
        R"({"expect_close": {"code": {"in": [1000, "1001"]}}})",
        R"({"connect": {"path": "/", "refused": {"close": "4401"}}})",
        R"({"connect": {"path": "/", "expect": {"tls": {"version": "TLSv1.3"}}}})",
        R"({"connect": {"path": "/", "expect": {"tls": {"days_left": "30"}}}})"}) {
    EXPECT_FALSE(accepts(step)) << step;
  }
  for (const char* step :
       {R"({"http": {"get": "/", "expect": {"status": {"in": [200, "${x}"], "lt": 300}}}})",
        R"({"expect_close": {"code": {"gte": 1000}}})",
        R"({"connect": {"path": "/", "expect": {"tls": {"version": {"in": ["tls1.2", "tls1.3"]}}}}})"}) {
    EXPECT_TRUE(accepts(step)) << step;
  }
  EXPECT_FALSE(accepts(R"({"connect": {"path": "/", "expect": {}}})"));
  EXPECT_FALSE(accepts(R"({"connect": {"path": "/", "proxy": "http://x"}})"));
  EXPECT_TRUE(accepts(R"({"connect": {"path": "/", "proxy": "http://u:p@[::1]:80"}})"));
}

TEST(Schema, IsTheOneOfTheReference) {
  const auto path = std::filesystem::path(WSFLEET_SOURCE_DIR) / "docs/reference/scenario-v1.schema.json";
  if (std::getenv("WSFLEET_UPDATE_REFERENCE") != nullptr) std::ofstream(path) << ScenarioSchema();
  EXPECT_EQ(ReadFile(path), ScenarioSchema()) << "WSFLEET_UPDATE_REFERENCE=1 core_scenario_test writes it anew";
}

}  // namespace
}  // namespace wsfleet
