#include <array>
#include <memory>
#include <utility>

#include "core/match/json_path_parser.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

using Comparison = FilterExpression::Comparison;

struct ComparisonToken {
  std::string_view text;
  Comparison comparison;
};
// The longer ones first: "<" would also take the beginning of "<=".
constexpr std::array<ComparisonToken, 6> kComparisons{{{"==", Comparison::kEqual},
                                                       {"!=", Comparison::kNotEqual},
                                                       {"<=", Comparison::kLessOrEqual},
                                                       {">=", Comparison::kGreaterOrEqual},
                                                       {"<", Comparison::kLess},
                                                       {">", Comparison::kGreater}}};

// What a suite can write instead of a function extension of RFC 9535.
std::string FunctionMessage(std::string_view name) {
  std::string message = fmt::format("JSONPath function \"{}\" is not supported", name);
  if (name == "length") message += "; use the predicate {length: …}";
  if (name == "match" || name == "search") message += "; use the predicate {regex: …}";
  return message;
}

}  // namespace

bool JsonPathParser::ParseFilter(FilterExpression& expression) { return ParseOr(expression); }

bool JsonPathParser::ParseChain(FilterExpression::Kind kind, std::string_view op,
                                bool (JsonPathParser::*parse)(FilterExpression&), FilterExpression& expression) {
  FilterExpression first;
  if (!(this->*parse)(first)) return false;
  cursor_.SkipBlanks();
  if (!cursor_.LooksAt(op)) {
    expression = std::move(first);
    return true;
  }
  expression.kind = kind;
  expression.operands.push_back(std::move(first));
  while (cursor_.Take(op)) {
    cursor_.SkipBlanks();
    FilterExpression next;
    if (!(this->*parse)(next)) return false;
    expression.operands.push_back(std::move(next));
    cursor_.SkipBlanks();
  }
  return true;
}

bool JsonPathParser::ParseOr(FilterExpression& expression) {
  return ParseChain(FilterExpression::Kind::kOr, "||", &JsonPathParser::ParseAnd, expression);
}

bool JsonPathParser::ParseAnd(FilterExpression& expression) {
  return ParseChain(FilterExpression::Kind::kAnd, "&&", &JsonPathParser::ParseBasic, expression);
}

bool JsonPathParser::ParseBasic(FilterExpression& expression) {
  if (cursor_.peek() == '!') return ParseNegation(expression);
  if (cursor_.peek() == '(') return ParseParenthesised(expression);
  return ParseTestOrComparison(expression);
}

bool JsonPathParser::ParseNegation(FilterExpression& expression) {
  cursor_.Take("!");
  cursor_.SkipBlanks();
  FilterExpression operand;
  if (cursor_.peek() == '(') {
    if (!ParseParenthesised(operand)) return false;
  } else {
    // A comparison is negated in parentheses only.
    operand.kind = FilterExpression::Kind::kExists;
    if (!ParseFilterQuery(operand.query)) return false;
  }
  expression.kind = FilterExpression::Kind::kNot;
  expression.operands.push_back(std::move(operand));
  return true;
}

bool JsonPathParser::ParseParenthesised(FilterExpression& expression) {
  if (!Enter()) return false;
  cursor_.Take("(");
  cursor_.SkipBlanks();
  if (!ParseOr(expression)) return false;
  cursor_.SkipBlanks();
  if (!cursor_.Take(")")) return cursor_.Expected("\"&&\", \"||\" or \")\"");
  --depth_;
  return true;
}

bool JsonPathParser::ParseTestOrComparison(FilterExpression& expression) {
  const std::size_t left_at = cursor_.offset();
  Comparable left;
  if (!ParseComparable(left)) return false;
  PathCursor ahead = cursor_;
  ahead.SkipBlanks();
  for (const ComparisonToken& token : kComparisons) {
    if (!ahead.Take(token.text)) continue;
    const auto comparable = [this](const Comparable& side, std::size_t offset) {
      const auto* query = std::get_if<PathQuery>(&side);
      return query == nullptr || query->is_singular() ||
             cursor_.Fail(offset, "only a path that selects one value at most can be compared");
    };
    if (!comparable(left, left_at)) return false;
    cursor_ = ahead;
    cursor_.SkipBlanks();
    const std::size_t right_at = cursor_.offset();
    expression.kind = FilterExpression::Kind::kComparison;
    expression.comparison = token.comparison;
    expression.left = std::move(left);
    return ParseComparable(expression.right) && comparable(expression.right, right_at);
  }
  if (!std::holds_alternative<PathQuery>(left)) {
    cursor_ = ahead;
    return cursor_.Expected("== != < <= > or >= after a literal");
  }
  expression.kind = FilterExpression::Kind::kExists;
  expression.query = std::get<PathQuery>(std::move(left));
  return true;
}

bool JsonPathParser::ParseFilterQuery(PathQuery& query) {
  if (cursor_.Take("@")) {
    query.absolute = false;
  } else if (!cursor_.Take("$")) {
    const std::string_view word = cursor_.PeekWord();
    PathCursor after = cursor_;
    if (!word.empty() && after.Take(word) && after.peek() == '(') {
      return cursor_.Fail(cursor_.offset(), FunctionMessage(word));
    }
    return cursor_.Expected("@, $ or \"(\"");
  }
  return ParseSegments(query, /*in_filter=*/true);
}

bool JsonPathParser::ParseComparable(Comparable& comparable) {
  const char next = cursor_.peek();
  if (next == '@' || next == '$') {
    PathQuery query;
    if (!ParseFilterQuery(query)) return false;
    comparable = std::move(query);
    return true;
  }
  if (next == '"' || next == '\'') {
    const std::optional<std::string> text = cursor_.ReadQuoted();
    if (!text) return false;
    comparable = boost::json::value(*text);
    return true;
  }
  if (next == '-' || (next >= '0' && next <= '9')) {
    std::optional<boost::json::value> number = cursor_.ReadNumber();
    if (!number) return false;
    comparable = *std::move(number);
    return true;
  }
  return ParseWord(comparable);
}

bool JsonPathParser::ParseWord(Comparable& comparable) {
  const std::string_view word = cursor_.PeekWord();
  PathCursor after = cursor_;
  after.Take(word);
  if (!word.empty() && after.peek() == '(') return cursor_.Fail(cursor_.offset(), FunctionMessage(word));
  if (word == "true" || word == "false") {
    comparable = boost::json::value(word == "true");
  } else if (word == "null") {
    comparable = boost::json::value(nullptr);
  } else {
    return cursor_.Expected("@, $, a literal, \"!\" or \"(\"");
  }
  cursor_ = after;
  return true;
}

}  // namespace wsfleet
