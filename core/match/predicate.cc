#include "core/match/predicate.h"

#include <algorithm>
#include <compare>
#include <string_view>

#include "absl/status/status.h"
#include "core/match/json_schema.h"
#include "core/match/predicate_text.h"
#include "fmt/format.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

using boost::json::value;
using Op = Predicate::Op;

std::string_view StringOf(const value& text) {
  const boost::json::string& string = text.get_string();
  return {string.data(), string.size()};
}

// Code points of UTF-8; of other bytes, those that would begin one.
std::int64_t CountCharacters(std::string_view text) {
  return std::ranges::count_if(text, [](unsigned char c) { return (c & 0xC0) != 0x80; });
}

std::optional<std::int64_t> LengthOf(const value& subject) {
  if (subject.is_string()) return CountCharacters(StringOf(subject));
  if (const auto* array = subject.if_array()) return static_cast<std::int64_t>(array->size());
  if (const auto* object = subject.if_object()) return static_cast<std::int64_t>(object->size());
  return std::nullopt;
}

bool Contains(const value& subject, const value& operand) {
  if (const auto* array = subject.if_array()) {
    return std::ranges::any_of(*array, [&](const value& element) { return JsonEquals(element, operand); });
  }
  return subject.is_string() && operand.is_string() &&
         StringOf(subject).find(StringOf(operand)) != std::string_view::npos;
}

bool IsIn(const value& subject, const value& operand) {
  const auto* candidates = operand.if_array();
  return candidates != nullptr &&
         std::ranges::any_of(*candidates, [&](const value& candidate) { return JsonEquals(subject, candidate); });
}

bool MatchesRegex(const value& subject, const re2::RE2* regex) {
  if (regex == nullptr || !subject.is_string()) return false;
  const std::string_view text = StringOf(subject);
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex);
}

// `order` is what CompareNumbers says of the subject and the operand; unordered satisfies none.
bool OrderSatisfies(Op op, std::partial_ordering order) {
  switch (op) {
    case Op::kLess:
      return order < 0;
    case Op::kLessOrEqual:
      return order <= 0;
    case Op::kGreater:
      return order > 0;
    default:
      return order >= 0;
  }
}

bool IsComparison(Op op) {
  return op == Op::kLess || op == Op::kLessOrEqual || op == Op::kGreater || op == Op::kGreaterOrEqual;
}

// What a template may not turn an operand into.
absl::Status CheckOperand(Op op, const value& operand) {
  const auto expected = [&](std::string_view what) {
    return absl::InvalidArgumentError(
        fmt::format("{}: expected {}, found {}", TestName(op), what, DescribeValue(operand)));
  };
  if (IsComparison(op) && !operand.is_number()) return expected("a number");
  if (op == Op::kIn && !operand.is_array()) return expected("a list");
  if (op == Op::kType && !operand.is_string()) return expected("the name of a type");
  return absl::OkStatus();
}

absl::StatusOr<Predicate::Test> BindTest(const Predicate::Test& test, const Scope& scope) {
  Predicate::Test bound = test;
  if (test.nested != nullptr) {
    absl::StatusOr<Predicate> nested = Bind(*test.nested, scope);
    if (!nested.ok()) return nested.status();
    bound.nested = std::make_shared<const Predicate>(*std::move(nested));
  }
  absl::StatusOr<value> operand = Expand(test.operand, scope);
  if (!operand.ok()) return operand.status();
  if (absl::Status usable = CheckOperand(test.op, *operand); !usable.ok()) return usable;
  bound.operand.value = *std::move(operand);
  return bound;
}

bool HoldsForEach(const Predicate* nested, std::span<const value* const> selection) {
  return nested != nullptr && !selection.empty() &&
         std::ranges::all_of(selection, [&](const value* one) { return Holds(*nested, *one); });
}

bool LooksAtSelection(Op op) { return op == Op::kExists || op == Op::kEvery; }

}  // namespace

bool Holds(const Predicate::Test& test, const value& subject) {
  const value& operand = OperandOf(test);
  switch (test.op) {
    case Op::kEquals:
      return JsonEquals(subject, operand);
    case Op::kNot:
      return test.nested != nullptr && !Holds(*test.nested, subject);
    case Op::kLess:
    case Op::kLessOrEqual:
    case Op::kGreater:
    case Op::kGreaterOrEqual:
      return OrderSatisfies(test.op, CompareNumbers(subject, operand));
    case Op::kRegex:
      return MatchesRegex(subject, test.regex.get());
    case Op::kContains:
      return Contains(subject, operand);
    case Op::kIn:
      return IsIn(subject, operand);
    case Op::kType:
      return operand.is_string() && StringOf(operand) == TypeName(subject);
    case Op::kLength: {
      const std::optional<std::int64_t> length = LengthOf(subject);
      return length && test.nested != nullptr && Holds(*test.nested, value(*length));
    }
    case Op::kExists:
      return test.exists;
    case Op::kEvery:
      return test.nested != nullptr && Holds(*test.nested, subject);
    case Op::kSchema:
      return test.schema != nullptr && test.schema->Accepts(subject);
  }
  return false;
}

absl::StatusOr<Predicate> Bind(const Predicate& predicate, const Scope& scope) {
  Predicate bound;
  bound.literal = predicate.literal;
  bound.range = predicate.range;
  bound.tests.reserve(predicate.tests.size());
  for (const Predicate::Test& test : predicate.tests) {
    absl::StatusOr<Predicate::Test> one = BindTest(test, scope);
    if (!one.ok()) return one.status();
    bound.tests.push_back(*std::move(one));
  }
  return bound;
}

bool Holds(const Predicate& predicate, const value& subject) {
  return std::ranges::all_of(predicate.tests, [&](const Predicate::Test& test) { return Holds(test, subject); });
}

std::string ExplainSelection(const Predicate& predicate, std::span<const value* const> selection) {
  if (selection.empty()) return fmt::format("expected {}, found nothing", Describe(predicate));
  // With `every`, the first value that is wrong; otherwise all of them are.
  const auto wrong = std::ranges::find_if(selection, [&](const value* one) { return !Holds(predicate, *one); });
  const value& shown = wrong == selection.end() ? *selection.front() : **wrong;
  std::string out = ExplainMismatch(predicate, shown);
  if (selection.size() > 1) out += fmt::format(" (one of {} values)", selection.size());
  return out;
}

bool HoldsForSelection(const Predicate& predicate, std::span<const value* const> selection) {
  bool asks_for_a_value = predicate.tests.empty();
  for (const Predicate::Test& test : predicate.tests) {
    if (test.op == Op::kExists && test.exists == selection.empty()) return false;
    if (test.op == Op::kEvery && !HoldsForEach(test.nested.get(), selection)) return false;
    asks_for_a_value = asks_for_a_value || !LooksAtSelection(test.op);
  }
  if (!asks_for_a_value) return true;
  return std::ranges::any_of(selection, [&](const value* one) {
    return std::ranges::all_of(
        predicate.tests, [&](const Predicate::Test& test) { return LooksAtSelection(test.op) || Holds(test, *one); });
  });
}

}  // namespace wsfleet
