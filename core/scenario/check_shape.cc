#include "core/scenario/check_shape.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/base/text.h"
#include "core/scenario/fields.h"
#include "core/scenario/keys.h"
#include "fmt/format.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

using keys::Rule;
using keys::Table;
using keys::Value;
using Kind = keys::Value::Kind;

struct Mismatch {
  SourceRange range;
  std::string message;
};
using Found = std::optional<Mismatch>;

// One for each pattern of the tables: they live as long as the program.
const re2::RE2& ExpressionOf(std::string_view pattern) {
  static thread_local std::map<const char*, std::unique_ptr<const re2::RE2>> known;
  auto& expression = known[pattern.data()];
  if (expression == nullptr) {
    expression = std::make_unique<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()));
  }
  return *expression;
}

bool Matches(std::string_view text, std::string_view pattern) {
  return re2::RE2::PartialMatch({text.data(), text.size()}, ExpressionOf(pattern));
}

class ShapeChecker {
 public:
  Found InTable(std::string_view what, const YamlNode& node, const Table& table) const {
    if (!node.is_mapping()) return Expected(what, node, "a mapping");
    if (std::ssize(node.entries) < table.min_entries) return Empty(what, node);
    for (const keys::Key& key : table.keys) {
      if (key.required && node.Find(key.name) == nullptr) {
        return Mismatch{node.range, fmt::format("{}: \"{}\" is missing", what, key.name)};
      }
    }
    for (const YamlNode::Entry& entry : node.entries) {
      const keys::Key* key = table.Find(entry.key);
      if (key == nullptr) return Mismatch{entry.key_range, fmt::format("unknown key \"{}\"", Excerpt(entry.key, 60))};
      if (Found found = InValue(entry.key, entry.value, key->value)) return found;
    }
    for (const Rule& rule : table.rules) {
      if (!Holds(node, rule)) return Mismatch{node.range, fmt::format("{}: {}", what, TextOf(rule))};
    }
    return std::nullopt;
  }

 private:
  static Found Expected(std::string_view what, const YamlNode& node, std::string_view expected) {
    return Mismatch{node.range, fmt::format("{}: expected {}, found {}", what, expected, DescribeNode(node))};
  }

  static Found Empty(std::string_view what, const YamlNode& node) {
    return Mismatch{node.range, fmt::format("{}: expected at least one key, found none", what)};
  }

  static Found If(bool wrong, std::string_view what, const YamlNode& node, std::string_view expected) {
    return wrong ? Expected(what, node, expected) : std::nullopt;
  }

  Found InValue(std::string_view what, const YamlNode& node, const Value& value) const {
    switch (value.kind) {
      case Kind::kMapping:
        return InTable(what, node, *value.table);
      case Kind::kNames:
        return InNames(what, node, value);
      case Kind::kList:
        return InList(what, node, value);
      case Kind::kSelector:
        return InSelector(what, node, value);
      case Kind::kPredicate:
      case Kind::kNumberTests:
      case Kind::kVersionTests:
        return node.is_scalar() ? std::nullopt : InTable(what, node, keys::kPredicate);
      case Kind::kEither:
        return InAlternatives(what, node, value);
      case Kind::kAny:
        return std::nullopt;
      default:
        return node.is_scalar() ? InScalar(what, node, value) : Expected(what, node, "a single value");
    }
  }

  Found InNames(std::string_view what, const YamlNode& node, const Value& value) const {
    if (!node.is_mapping()) return Expected(what, node, "a mapping");
    if (std::ssize(node.entries) < value.min) return Empty(what, node);
    for (const YamlNode::Entry& entry : node.entries) {
      const bool taken = std::ranges::find(value.words, entry.key) != value.words.end();
      if (taken || (value.name != Kind::kAny && !IsLanguageIdentifier(entry.key))) {
        return Mismatch{entry.key_range, fmt::format("{}: \"{}\" cannot be a name", what, Excerpt(entry.key, 60))};
      }
      if (Found found = InValue(entry.key, entry.value, *value.element)) return found;
    }
    return std::nullopt;
  }

  Found InList(std::string_view what, const YamlNode& node, const Value& value) const {
    if (!node.is_sequence()) return Expected(what, node, "a list");
    if (std::ssize(node.elements) < value.min || std::ssize(node.elements) > value.max) {
      return Mismatch{node.range,
                      fmt::format("{}: a list of {} elements cannot stand here", what, node.elements.size())};
    }
    for (const YamlNode& element : node.elements) {
      if (Found found = InValue(what, element, *value.element)) return found;
    }
    return std::nullopt;
  }

  Found InSelector(std::string_view what, const YamlNode& node, const Value& value) const {
    if (!node.is_mapping()) return Expected(what, node, "a mapping");
    if (node.entries.empty()) return Empty(what, node);
    for (const YamlNode::Entry& entry : node.entries) {
      const bool known = entry.key.starts_with('$') || std::ranges::find(value.words, entry.key) != value.words.end();
      if (!known) return Mismatch{entry.key_range, fmt::format("unknown key \"{}\"", Excerpt(entry.key, 60))};
      if (Found found = InValue(entry.key, entry.value, keys::kTests)) return found;
    }
    return std::nullopt;
  }

  Found InAlternatives(std::string_view what, const YamlNode& node, const Value& value) const {
    Found found;
    for (const Value& alternative : value.alternatives) {
      found = InValue(what, node, alternative);
      if (!found) return found;
    }
    return found;
  }

  // Durations, sizes and what else has a parser of its own for each are as that one reads them.
  static Found InScalar(std::string_view what, const YamlNode& node, const Value& value) {
    const boost::json::value scalar = ScalarValue(node);
    switch (value.kind) {
      case Kind::kText:
      case Kind::kTemplate:
        return InText(what, node, value);
      case Kind::kSecret:
        return If(!Matches(node.text, keys::kSecretPattern), what, node, "${secret.NAME}");
      case Kind::kWord:
        return If(std::ranges::find(value.words, node.text) == value.words.end(), what, node, "one of its words");
      case Kind::kBool:
        return If(!scalar.is_bool(), what, node, "true or false");
      case Kind::kTrue:
        return If(scalar != true, what, node, "true");
      case Kind::kInteger:
        return If(!scalar.is_int64() || scalar.get_int64() < value.min || scalar.get_int64() > value.max, what, node,
                  "a whole number in its range");
      case Kind::kNumberTest:
        return If(!scalar.is_number() && !Matches(node.text, keys::kOneTemplatePattern), what, node,
                  "a number or a template");
      case Kind::kIdentifier:
      case Kind::kVariable:
        return If(!IsLanguageIdentifier(node.text), what, node, "a name of letters, digits and _");
      default:
        return std::nullopt;
    }
  }

  static Found InText(std::string_view what, const YamlNode& node, const Value& value) {
    if (!ScalarValue(node).is_string()) return Expected(what, node, "a text");
    const auto characters = static_cast<std::int64_t>(CountCharacters(node.text));
    if (characters < value.min || characters > value.max) {
      return Mismatch{node.range, fmt::format("{}: a text of {} characters cannot stand here", what, characters)};
    }
    const bool fits = value.pattern.empty() || Matches(node.text, value.pattern);
    return If(!fits, what, node, fmt::format("a text like /{}/", value.pattern));
  }

  static bool Has(const YamlNode& node, std::string_view key) { return node.Find(key) != nullptr; }

  static bool Holds(const YamlNode& node, const Rule& rule) {
    const auto has = [&](std::string_view key) { return Has(node, key); };
    const auto count = std::ranges::count_if(rule.keys, has);
    switch (rule.kind) {
      case Rule::Kind::kExactlyOne:
        return count == 1;
      case Rule::Kind::kAtLeastOne:
        return count > 0;
      case Rule::Kind::kTogether:
        return count == 0 || count == std::ssize(rule.keys);
      case Rule::Kind::kNotTogether:
        return !has(rule.key) || count == 0;
      case Rule::Kind::kNeeds:
        return has(rule.key) || count == 0;
      case Rule::Kind::kWhen:
        break;
    }
    const YamlNode* word = Get(node, rule.key);
    if (word == nullptr || word->text != rule.word) return true;
    return count == std::ssize(rule.keys) && std::ranges::none_of(rule.without, has) && ListHolds(node, rule);
  }

  static bool ListHolds(const YamlNode& node, const Rule& rule) {
    const YamlNode* list = rule.list.empty() ? nullptr : Get(node, rule.list);
    return list == nullptr || std::ranges::all_of(list->elements, [&](const YamlNode& element) {
             return Has(element, rule.element_key) && !Has(element, rule.element_without);
           });
  }

  static std::string TextOf(const Rule& rule) {
    std::string names;
    for (const std::string_view key : rule.keys) names += fmt::format("{}{}", names.empty() ? "" : ", ", key);
    switch (rule.kind) {
      case Rule::Kind::kExactlyOne:
        return "expected exactly one of " + names;
      case Rule::Kind::kAtLeastOne:
        return "expected at least one of " + names;
      case Rule::Kind::kTogether:
        return names + " go together";
      case Rule::Kind::kNotTogether:
        return fmt::format("\"{}\" does not go with {}", rule.key, names);
      case Rule::Kind::kNeeds:
        return fmt::format("{} need \"{}\"", names, rule.key);
      case Rule::Kind::kWhen:
        break;
    }
    return fmt::format("these keys do not go with {}: {}", rule.key, rule.word);
  }
};

}  // namespace

void CheckShape(const YamlNode& node, const keys::Table& table, Diagnostics& diagnostics) {
  if (Found found = ShapeChecker().InTable(table.name, node, table)) diagnostics.Error(found->range, found->message);
}

}  // namespace wsfleet
