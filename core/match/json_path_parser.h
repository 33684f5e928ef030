#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/match/json_path_cursor.h"
#include "core/match/json_path_program.h"

namespace wsfleet {

// Recursive descent over the grammar of RFC 9535 without function extensions. Every Parse… member returns false after
// the cursor has recorded what is wrong. Segments: json_path_parser.cc; filters: json_path_filter_parser.cc.
class JsonPathParser {
 public:
  explicit JsonPathParser(std::string_view text) : cursor_(text) {}

  // The whole text as one path.
  bool Parse(JsonPathProgram& program);
  const std::optional<JsonPath::ParseError>& error() const { return cursor_.error(); }

 private:
  bool ParseSegments(PathQuery& query, bool in_filter);
  bool ParseDotSegment(PathSegment& segment);
  bool ParseBracketed(PathSegment& segment);
  bool ParseSelector(PathSegment& segment);
  bool ParseIndexOrSlice(PathSegment& segment);
  bool ParseSlice(std::optional<std::int64_t> start, PathSegment& segment);

  bool ParseFilter(FilterExpression& expression);
  bool ParseOr(FilterExpression& expression);
  bool ParseAnd(FilterExpression& expression);
  bool ParseBasic(FilterExpression& expression);
  bool ParseNegation(FilterExpression& expression);
  bool ParseParenthesised(FilterExpression& expression);
  bool ParseTestOrComparison(FilterExpression& expression);
  bool ParseFilterQuery(PathQuery& query);
  bool ParseComparable(Comparable& comparable);
  bool ParseWord(Comparable& comparable);
  // Parses `a op a op a …` where `parse` reads one operand; a single operand stands for itself.
  bool ParseChain(FilterExpression::Kind kind, std::string_view op, bool (JsonPathParser::*parse)(FilterExpression&),
                  FilterExpression& expression);
  bool Enter();

  PathCursor cursor_;
  std::size_t depth_ = 0;  // of brackets, parentheses and negations around the cursor
};

}  // namespace wsfleet
