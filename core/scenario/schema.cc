#include "core/scenario/schema.h"

#include <charconv>
#include <vector>

#include "boost/json/array.hpp"
#include "boost/json/object.hpp"
#include "core/scenario/keys.h"
#include "core/value/json_text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

namespace json = boost::json;
using keys::Rule;
using keys::Table;
using keys::Value;
using Kind = keys::Value::Kind;

json::string Text(std::string_view text) { return json::string(text.data(), text.size()); }

json::array ArrayOf(keys::Words words) {
  json::array out;
  for (const std::string_view word : words) out.push_back(Text(word));
  return out;
}

json::object Reference(std::string_view name) { return {{"$ref", Text(fmt::format("#/definitions/{}", name))}}; }

json::object Required(keys::Words keys) { return {{"required", ArrayOf(keys)}}; }

json::object TextOf(std::string_view pattern, std::string_view description) {
  return {{"type", "string"}, {"pattern", Text(pattern)}, {"description", Text(description)}};
}

// A predicate on what can have few values: `literal`, or something that a template makes, and the same in its tests.
json::object TestsOf(std::string_view name, json::object literal) {
  json::object one{
      {"anyOf", json::array{std::move(literal), TextOf(keys::kTemplatePattern, "A text with templates.")}}};
  json::object nested{
      {"properties", json::object{{"eq", one}, {"not", Reference(name)}, {"in", json::object{{"items", one}}}}}};
  json::object tests{{"type", "object"}, {"allOf", json::array{Reference(keys::kPredicate.name), std::move(nested)}}};
  one["anyOf"].get_array().push_back(std::move(tests));
  return one;
}

// Kinds that stand behind many keys.
json::object CommonDefinitions() {
  json::object scalar{{"type", json::array{"string", "number", "boolean", "null"}}};
  json::object variable = TextOf(keys::kIdentifierPattern, "Letters, digits and _; not a name that templates reserve.");
  variable["not"] = json::object{{"enum", ArrayOf(keys::kReservedNames)}};
  const std::string number = R"(\d+(\.\d+)?)";
  const std::string units = "(ms|s|m|h)";
  return {
      {"duration", TextOf(fmt::format(R"(^(0*[1-9]\d*(\.\d+)?|0+\.0*[1-9]\d*){}$)", units),
                          "Number with a unit, above zero: 500ms, 3s, 5m, 1h. A bare number is refused.")},
      {"pause", TextOf(fmt::format("^{}{}$", number, units), "Number with a unit: 0s, 500ms, 3s, 5m, 1h.")},
      {"offset",
       TextOf(fmt::format("^-?{}{}$", number, units), "Duration that may be negative: -1m lies in the past.")},
      {"size", TextOf(R"(^\d+(B|KiB|MiB)$)", "Bytes with a unit: 512B, 64KiB, 1MiB.")},
      {"rate", TextOf(fmt::format("^{}/(s|m|h)$", number), "Arrivals per second, minute or hour: 50/s, 0.5/m.")},
      {"share", TextOf(fmt::format("^{}%$", number), "Percentage: 5%.")},
      {"identifier", TextOf(keys::kIdentifierPattern, "Letters, digits and _, not beginning with a digit.")},
      {"variable", std::move(variable)},
      {"secret", TextOf(keys::kSecretPattern, "Reference to a secret. A literal is refused.")},
      {"number_test", json::object{{"anyOf", json::array{json::object{{"type", "number"}},
                                                         TextOf(keys::kOneTemplatePattern, "A template.")}}}},
      {"number_tests", TestsOf("number_tests", json::object{{"type", "number"}})},
      {"version_tests", TestsOf("version_tests", json::object{{"enum", ArrayOf(keys::kTlsVersions)}})},
      {"opcode_test", TestsOf("opcode_test", json::object{{"enum", ArrayOf(keys::kFrameOpcodes)}})},
      {"hex_test", TestsOf("hex_test", TextOf(keys::kHexPattern, "Pairs of lower-case hexadecimal digits."))},
      {"source",
       TextOf(R"(^(\$|regex:))", "Where a value is read: $.path of the JSON, or regex:RE2 (its first group).")},
      {"answer_source",
       TextOf(
           R"(^(\$|regex:|header:.|cookie:.))",
           "Where a value is read: $.path of the JSON body, regex:RE2 (its first group), header:NAME or cookie:NAME.")},
      {"predicate",
       json::object{{"description", "A literal (equal, same type) or an object of tests that must all hold."},
                    {"anyOf", json::array{std::move(scalar), Reference(keys::kPredicate.name)}}}},
  };
}

// Walks the tables from the suite on and defines each that it meets.
class SchemaWriter {
 public:
  json::object Write() {
    definitions_ = CommonDefinitions();
    json::object root{{"$schema", "http://json-schema.org/draft-07/schema#"},
                      {"$id", "https://wsfleet.example/schema/scenario-v1.json"},
                      {"title", "wsfleet scenario v1"}};
    for (auto& [key, value] : OfTable(keys::kSuite)) root[key] = std::move(value);
    ToTable(keys::kPredicate);  // of which the common definition speaks
    while (!waiting_.empty()) {
      const Table& table = *waiting_.back();
      waiting_.pop_back();
      definitions_[Text(table.name)] = OfTable(table);
    }
    root["definitions"] = std::move(definitions_);
    return root;
  }

 private:
  json::object ToTable(const Table& table) {
    if (!definitions_.contains(Text(table.name))) {
      definitions_[Text(table.name)] = nullptr;
      waiting_.push_back(&table);
    }
    return Reference(table.name);
  }

  static json::object OfText(const Value& value) {
    json::object out{{"type", "string"}};
    if (!value.pattern.empty()) out["pattern"] = Text(value.pattern);
    if (value.min > 0) out["minLength"] = value.min;
    if (value.max != keys::kNoLimit) out["maxLength"] = value.max;
    return out;
  }

  static json::object OfInteger(const Value& value) {
    json::object out{{"type", "integer"}};
    if (value.min != -keys::kNoLimit - 1) out["minimum"] = value.min;
    if (value.max != keys::kNoLimit) out["maximum"] = value.max;
    return out;
  }

  static json::object OfSelector(const Value& value) {
    std::string pattern = "^(\\$.*";
    for (const std::string_view subject : value.words) pattern += fmt::format("|{}", subject);
    json::object out{{"type", "object"},
                     {"description", "JSONPath (or what else of the payload) to predicate. All must hold."},
                     {"minProperties", 1},
                     {"propertyNames", json::object{{"pattern", Text(pattern + ")$")}}},
                     {"additionalProperties", Reference("predicate")}};
    if (!value.words.empty()) {
      out["properties"] = json::object{{"opcode", Reference("opcode_test")}, {"hex", Reference("hex_test")}};
    }
    return out;
  }

  json::object OfNames(const Value& value) {
    json::object out{{"type", "object"}};
    if (value.min > 0) out["minProperties"] = value.min;
    json::object name = value.name == Kind::kAny          ? json::object()
                        : value.name == Kind::kIdentifier ? Reference("identifier")
                                                          : Reference("variable");
    if (!value.words.empty()) {
      name = {{"allOf", json::array{std::move(name)}}, {"not", json::object{{"enum", ArrayOf(value.words)}}}};
    }
    if (!name.empty()) out["propertyNames"] = std::move(name);
    if (value.element->kind != Kind::kAny) out["additionalProperties"] = OfValue(*value.element);
    return out;
  }

  json::object OfList(const Value& value) {
    json::object out{{"type", "array"}};
    if (value.min > 0) out["minItems"] = value.min;
    if (value.max != keys::kNoLimit) out["maxItems"] = value.max;
    if (value.element->kind != Kind::kAny) out["items"] = OfValue(*value.element);
    return out;
  }

  json::object OfValue(const Value& value) {
    switch (value.kind) {
      case Kind::kAny:
        return {};
      case Kind::kText:
      case Kind::kTemplate:
        return OfText(value);
      case Kind::kSecret:
        return Reference("secret");
      case Kind::kIdentifier:
        return Reference("identifier");
      case Kind::kVariable:
        return Reference("variable");
      case Kind::kWord:
        return {{"enum", ArrayOf(value.words)}};
      case Kind::kBool:
        return {{"type", "boolean"}};
      case Kind::kTrue:
        return {{"const", true}};
      case Kind::kInteger:
        return OfInteger(value);
      case Kind::kNumberAboveZero:
        return {{"type", "number"}, {"exclusiveMinimum", 0}};
      case Kind::kNumberTest:
        return Reference("number_test");
      case Kind::kNumberTests:
        return Reference("number_tests");
      case Kind::kVersionTests:
        return Reference("version_tests");
      case Kind::kDuration:
        return Reference("duration");
      case Kind::kPause:
        return Reference("pause");
      case Kind::kOffset:
        return Reference("offset");
      case Kind::kSize:
        return Reference("size");
      case Kind::kRate:
        return Reference("rate");
      case Kind::kShare:
        return Reference("share");
      case Kind::kPredicate:
        return Reference("predicate");
      case Kind::kSelector:
        return OfSelector(value);
      case Kind::kSource:
        return Reference("source");
      case Kind::kRequestSource:
        return Reference("answer_source");
      case Kind::kMapping:
        return ToTable(*value.table);
      case Kind::kNames:
        return OfNames(value);
      case Kind::kList:
        return OfList(value);
      case Kind::kEither:
        break;
    }
    json::array alternatives;
    for (const Value& alternative : value.alternatives) alternatives.push_back(OfValue(alternative));
    return {{"anyOf", std::move(alternatives)}};
  }

  // Whatever stands beside a $ref does not count in draft-07.
  json::object OfKey(const keys::Key& key) {
    json::object out = OfValue(key.value);
    if (out.contains("$ref")) out = {{"allOf", json::array{std::move(out)}}};
    out["description"] = Text(key.description);
    if (!key.if_absent.empty()) out["default"] = IfAbsent(key);
    return out;
  }

  static json::value IfAbsent(const keys::Key& key) {
    if (key.if_absent == "true" || key.if_absent == "false") return key.if_absent == "true";
    std::int64_t number = 0;
    const char* end = key.if_absent.data() + key.if_absent.size();
    const auto result = std::from_chars(key.if_absent.data(), end, number);
    if (result.ec == std::errc() && result.ptr == end) return number;
    return Text(key.if_absent);
  }

  json::object OfTable(const Table& table) {
    json::object properties;
    json::array required;
    for (const keys::Key& key : table.keys) {
      properties[Text(key.name)] = OfKey(key);
      if (key.required) required.push_back(Text(key.name));
    }
    json::object out{{"type", "object"},
                     {"description", Text(table.description)},
                     {"additionalProperties", false},
                     {"properties", std::move(properties)}};
    if (!required.empty()) out["required"] = std::move(required);
    if (table.min_entries > 0) out["minProperties"] = table.min_entries;
    json::array rules;
    for (const Rule& rule : table.rules) rules.push_back(OfRule(rule));
    if (!rules.empty()) out["allOf"] = std::move(rules);
    return out;
  }

  static json::object OfRule(const Rule& rule) {
    if (rule.kind == Rule::Kind::kWhen) return OfWhen(rule);
    if (rule.kind == Rule::Kind::kTogether || rule.kind == Rule::Kind::kNeeds) {
      json::object dependencies;
      for (const std::string_view key : rule.keys) {
        json::array others;
        for (const std::string_view other : rule.keys) {
          if (rule.kind == Rule::Kind::kTogether && other != key) others.push_back(Text(other));
        }
        if (rule.kind == Rule::Kind::kNeeds) others.push_back(Text(rule.key));
        dependencies[Text(key)] = std::move(others);
      }
      return {{"dependencies", std::move(dependencies)}};
    }
    json::array each;
    for (const std::string_view key : rule.keys) {
      each.push_back(rule.kind == Rule::Kind::kNotTogether
                         ? json::object{{"required", json::array{Text(rule.key), Text(key)}}}
                         : Required({&key, 1}));
    }
    if (rule.kind == Rule::Kind::kNotTogether) return {{"not", json::object{{"anyOf", std::move(each)}}}};
    if (rule.kind == Rule::Kind::kAtLeastOne) return {{"anyOf", std::move(each)}};
    return {{"oneOf", std::move(each)}};
  }

  static json::object OfWhen(const Rule& rule) {
    json::object properties;
    for (const std::string_view key : rule.without) properties[Text(key)] = false;
    if (!rule.list.empty()) {
      json::object element{{"required", json::array{Text(rule.element_key)}},
                           {"properties", json::object{{Text(rule.element_without), false}}}};
      properties[Text(rule.list)] = json::object{{"items", std::move(element)}};
    }
    json::object then = Required(rule.keys);
    then["properties"] = std::move(properties);
    json::object condition{{"required", json::array{Text(rule.key)}},
                           {"properties", json::object{{Text(rule.key), json::object{{"const", Text(rule.word)}}}}}};
    return {{"if", std::move(condition)}, {"then", std::move(then)}};
  }

  json::object definitions_;
  std::vector<const Table*> waiting_;
};

}  // namespace

std::string ScenarioSchema() { return IndentedJson(SchemaWriter().Write()) + "\n"; }

}  // namespace wsfleet
