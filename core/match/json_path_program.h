#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "boost/json/value.hpp"

// A parsed path as RFC 9535 structures it. Read by core/match only.
namespace wsfleet {

struct FilterExpression;

struct NameSelector {
  std::string name;
};
struct WildcardSelector {};
struct IndexSelector {
  std::int64_t index = 0;  // negative: from the end
};
struct SliceSelector {
  std::optional<std::int64_t> start;
  std::optional<std::int64_t> end;
  std::int64_t step = 1;
};
struct FilterSelector {
  std::shared_ptr<const FilterExpression> expression;
};
using PathSelector = std::variant<NameSelector, WildcardSelector, IndexSelector, SliceSelector, FilterSelector>;

struct PathSegment {
  bool descendants = false;  // `..`: applied to the node and everything below it
  std::vector<PathSelector> selectors;
};

struct PathQuery {
  bool absolute = true;  // `$`, otherwise `@`
  std::vector<PathSegment> segments;

  // Selects one node at most, whatever the document (RFC 9535, 2.3.5.1): only such a query can be compared.
  bool is_singular() const;
};

using Comparable = std::variant<boost::json::value, PathQuery>;

struct FilterExpression {
  enum class Kind { kOr, kAnd, kNot, kExists, kComparison };
  enum class Comparison { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
  Kind kind = Kind::kExists;
  std::vector<FilterExpression> operands;  // kOr, kAnd: two or more; kNot: one
  PathQuery query;                         // kExists
  Comparison comparison = Comparison::kEqual;
  Comparable left, right;  // kComparison
};

struct JsonPathProgram {
  PathQuery query;
};

}  // namespace wsfleet
