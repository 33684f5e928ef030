#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/json/value.hpp"
#include "core/match/compare.h"
#include "core/value/template.h"

namespace re2 {
class RE2;
}

namespace wsfleet {

class JsonSchema;

// A test on a value: equality with a literal, or a set of tests that must all hold (scenario/README.md, "Selectors,
// predicates, captures"). Operands may hold templates until Bind() has filled them in; only a bound predicate judges.
struct Predicate {
  enum class Op {
    kEquals,
    kNot,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
    kRegex,
    kContains,
    kIn,
    kType,
    kLength,
    kExists,
    kEvery,
    kSchema
  };
  struct Test {
    Op op = Op::kEquals;
    TemplateValue operand;                    // kEquals, comparisons, kContains, kIn (an array), kType (a string)
    bool exists = true;                       // kExists
    std::shared_ptr<const re2::RE2> regex;    // kRegex
    std::shared_ptr<const Predicate> nested;  // kNot, kLength, kEvery
    std::string schema_path;                  // kSchema: as it was written
    std::shared_ptr<const JsonSchema> schema;
  };
  std::vector<Test> tests;
  bool literal = false;  // written as a plain value; shown as such
  SourceRange range;
};

// All templates of the operands filled in. InvalidArgument if a template gives a value that its test cannot use.
absl::StatusOr<Predicate> Bind(const Predicate& predicate, const Scope& scope);

// Whether it holds for what a path selected: `exists` and `every` look at the whole selection, everything else asks for
// at least one value that satisfies all other tests.
bool HoldsForSelection(const Predicate& predicate, std::span<const boost::json::value* const> selection);

// Whether it holds for one value. A test on a value of the wrong type does not hold.
bool Holds(const Predicate& predicate, const boost::json::value& value);

// Why HoldsForSelection() does not: of several values the first that is wrong.
std::string ExplainSelection(const Predicate& predicate, std::span<const boost::json::value* const> selection);

// "gte 3, lt 10", "\"ok\"": how a bound predicate is shown in a report.
std::string Describe(const Predicate& predicate);

// Why it does not hold for this value, for people: `expected 1, found "1" (a string)`.
std::string ExplainMismatch(const Predicate& predicate, const boost::json::value& value);

}  // namespace wsfleet
