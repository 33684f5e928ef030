#include "core/match/predicate_text.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/match/json_schema.h"
#include "core/value/json_text.h"
#include "fmt/format.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

using boost::json::value;
using Op = Predicate::Op;

constexpr std::size_t kMaxShownBytes = 80;

std::string DescribeTest(const Predicate::Test& test) {
  switch (test.op) {
    case Op::kEquals:
      return DescribeValue(OperandOf(test));
    case Op::kRegex:
      return fmt::format("regex {}",
                         test.regex == nullptr ? std::string() : Excerpt(test.regex->pattern(), kMaxShownBytes));
    case Op::kNot:
    case Op::kLength:
    case Op::kEvery:
      return fmt::format("{} {}", TestName(test.op), test.nested == nullptr ? std::string() : Describe(*test.nested));
    case Op::kExists:
      return test.exists ? "exists" : "nothing";
    case Op::kSchema:
      return fmt::format("schema {}", test.schema_path);
    default:
      return fmt::format("{} {}", TestName(test.op), DescribeValue(OperandOf(test)));
  }
}

// "a string", "an array", "null".
std::string WithArticle(const value& subject) {
  const std::string_view name = TypeName(subject);
  if (subject.is_null()) return std::string(name);
  return fmt::format("{} {}", subject.is_structured() ? "an" : "a", name);
}

}  // namespace

std::string_view TestName(Op op) {
  switch (op) {
    case Op::kEquals:
      return "eq";
    case Op::kNot:
      return "not";
    case Op::kLess:
      return "lt";
    case Op::kLessOrEqual:
      return "lte";
    case Op::kGreater:
      return "gt";
    case Op::kGreaterOrEqual:
      return "gte";
    case Op::kRegex:
      return "regex";
    case Op::kContains:
      return "contains";
    case Op::kIn:
      return "in";
    case Op::kType:
      return "type";
    case Op::kLength:
      return "length";
    case Op::kExists:
      return "exists";
    case Op::kEvery:
      return "every";
    case Op::kSchema:
      return "schema";
  }
  return {};
}

std::string_view TypeName(const value& subject) {
  switch (subject.kind()) {
    case boost::json::kind::null:
      return "null";
    case boost::json::kind::bool_:
      return "boolean";
    case boost::json::kind::string:
      return "string";
    case boost::json::kind::array:
      return "array";
    case boost::json::kind::object:
      return "object";
    default:
      return "number";
  }
}

std::string DescribeValue(const value& subject) { return Excerpt(Printable(CompactJson(subject)), kMaxShownBytes); }

const value& OperandOf(const Predicate::Test& test) {
  static const value kNull;
  const auto* operand = std::get_if<value>(&test.operand.value);
  return operand == nullptr ? kNull : *operand;
}

std::string Describe(const Predicate& predicate) {
  std::string out;
  for (const Predicate::Test& test : predicate.tests) {
    if (!out.empty()) out += ", ";
    out += DescribeTest(test);
  }
  return out;
}

std::string ExplainMismatch(const Predicate& predicate, const value& subject) {
  const auto wrong =
      std::ranges::find_if(predicate.tests, [&](const Predicate::Test& test) { return !Holds(test, subject); });
  if (wrong == predicate.tests.end()) return fmt::format("expected {}", Describe(predicate));
  std::string out = fmt::format("expected {}, found {}", DescribeTest(*wrong), DescribeValue(subject));
  if (wrong->op == Op::kSchema && wrong->schema != nullptr)
    out += fmt::format(", where {}", wrong->schema->Explain(subject));
  // 1 and "1" look alike in a hurry.
  const bool other_type = wrong->op == Op::kEquals && TypeName(OperandOf(*wrong)) != TypeName(subject);
  if (other_type) out += fmt::format(" ({})", WithArticle(subject));
  return out;
}

}  // namespace wsfleet
