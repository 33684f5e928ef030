#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

// How the tables of the language are written: what may stand behind a key, and which keys make a mapping. The tables
// themselves are in keys.h; the parser, the schema and the formatter read the same ones.
namespace wsfleet::keys {

struct Table;
using Words = std::span<const std::string_view>;

inline constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

// What may stand behind a key.
struct Value {
  enum class Kind {
    kAny,
    kText,        // without templates
    kTemplate,    // a text with templates
    kSecret,      // ${secret.X}
    kIdentifier,  // letters, digits and _
    kVariable,    // an identifier that templates do not reserve
    kWord,        // one of `words`
    kBool,
    kTrue,  // only this
    kInteger,
    kNumberAboveZero,
    kNumberTest,     // a number, or one template
    kNumberTests,    // a number, or tests of one
    kVersionTests,   // a version of TLS, or tests of one
    kDuration,       // above zero
    kPause,          // from zero
    kOffset,         // may be negative
    kSize,           // 64KiB
    kRate,           // 50/s
    kShare,          // 5%
    kPredicate,      // a literal or tests
    kSelector,       // JSON paths, and those of `words`, to predicates
    kSource,         // $.path, regex:RE2
    kRequestSource,  // + header:NAME, cookie:NAME
    kMapping,        // by `table`
    kNames,          // names, of kind `name`, to `element`
    kList,           // of `element`
    kEither,         // one of `alternatives`
  };

  Kind kind = Kind::kAny;
  std::string_view pattern = {};  // texts: an ECMA expression that an editor may check
  std::int64_t min = 0;           // of an integer; of a text's length or a list's or mapping's entries
  std::int64_t max = kNoLimit;
  Words words = {};  // kNames: names that are taken
  const Table* table = nullptr;
  Kind name = Kind::kAny;  // kNames: kAny, kIdentifier or kVariable
  const Value* element = nullptr;
  std::span<const Value> alternatives = {};
};

constexpr Value Of(Value::Kind kind) { return {.kind = kind}; }
constexpr Value Text(std::string_view pattern = {}, std::int64_t min = 0, std::int64_t max = kNoLimit) {
  return {.kind = Value::Kind::kText, .pattern = pattern, .min = min, .max = max};
}
constexpr Value TemplateText(std::string_view pattern = {}, std::int64_t max = kNoLimit) {
  return {.kind = Value::Kind::kTemplate, .pattern = pattern, .max = max};
}
constexpr Value Word(Words words) { return {.kind = Value::Kind::kWord, .words = words}; }
constexpr Value Integer(std::int64_t min, std::int64_t max = kNoLimit) {
  return {.kind = Value::Kind::kInteger, .min = min, .max = max};
}
constexpr Value Selector(Words subjects) { return {.kind = Value::Kind::kSelector, .words = subjects}; }
constexpr Value Mapping(const Table& table) { return {.kind = Value::Kind::kMapping, .table = &table}; }
// Elements are referred to, so they live as long as the program.
constexpr Value Names(Value::Kind name, const Value& element, std::int64_t min = 0, Words taken = {}) {
  return {.kind = Value::Kind::kNames, .min = min, .words = taken, .name = name, .element = &element};
}
constexpr Value ListOf(const Value& element, std::int64_t min = 0, std::int64_t max = kNoLimit) {
  return {.kind = Value::Kind::kList, .min = min, .max = max, .element = &element};
}
constexpr Value Either(std::span<const Value> alternatives) {
  return {.kind = Value::Kind::kEither, .alternatives = alternatives};
}

struct Key {
  std::string_view name;
  Value value;
  std::string_view description;     // a line
  std::string_view if_absent = {};  // as it would be written
  bool required = false;

  // The value of this kind that the key takes, alone or beside others.
  const Value& Of(Value::Kind kind) const;
};

constexpr Key Needed(std::string_view name, const Value& value, std::string_view description) {
  return {name, value, description, {}, true};
}

// What a mapping's keys have to do with each other.
struct Rule {
  enum class Kind {
    kExactlyOne,   // of `keys`
    kAtLeastOne,   // of `keys`
    kTogether,     // all of `keys` or none
    kNotTogether,  // `key` with any of `keys`
    kNeeds,        // each of `keys` needs `key`
    kWhen,         // if `key` is `word`: `keys` are needed, `without` may not stand
  };
  Kind kind;
  std::string_view key = {};
  Words keys = {};
  std::string_view word = {};
  Words without = {};
  // kWhen: the same of the elements of this list.
  std::string_view list = {};
  std::string_view element_key = {};
  std::string_view element_without = {};
};

// The keys of one kind of mapping, in the order in which `wsfleet fmt` writes them.
struct Table {
  std::string_view name;  // of its definition in the schema
  std::string_view description;
  std::span<const Key> keys;
  std::span<const Rule> rules = {};
  std::int64_t min_entries = 0;

  // Null if there is no such key.
  const Key* Find(std::string_view key) const;
  // Of a key that is there.
  const Key& operator[](std::string_view key) const;
};

}  // namespace wsfleet::keys
