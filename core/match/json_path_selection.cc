#include "core/match/json_path_selection.h"

#include <algorithm>
#include <compare>
#include <string_view>
#include <variant>

#include "core/match/compare.h"

namespace wsfleet {
namespace {

using boost::json::value;

// Calls visit(child) for elements and members in their order.
template <typename Visit>
void ForEachChild(const value& node, Visit visit) {
  if (const auto* array = node.if_array()) {
    for (const value& element : *array) visit(element);
  } else if (const auto* object = node.if_object()) {
    for (const auto& member : *object) visit(member.value());
  }
}

// RFC 9535, 2.3.4.2.2: a bound counted from the end where negative, and clamped.
std::int64_t Clamp(std::int64_t bound, std::int64_t length, std::int64_t low, std::int64_t high) {
  return std::clamp(bound >= 0 ? bound : length + bound, low, high);
}

bool Less(const value& a, const value& b) {
  if (a.is_number() && b.is_number()) return CompareNumbers(a, b) == std::partial_ordering::less;
  // Bytes of UTF-8 order as their code points do.
  if (a.is_string() && b.is_string()) return a.get_string() < b.get_string();
  return false;
}

// Two sides of which at least one may be nothing (RFC 9535, 2.3.5.2.2).
bool EqualOrBothNothing(const value* a, const value* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return JsonEquals(*a, *b);
}

}  // namespace

bool PathSelection::Spend() {
  if (budget_ == 0) {
    truncated_ = true;
    return false;
  }
  --budget_;
  return true;
}

void PathSelection::Add(const value& node, Nodes& out) {
  if (Spend()) out.push_back(&node);
}

PathSelection::Nodes PathSelection::Run(const PathQuery& query, const value& current) {
  Nodes nodes{query.absolute ? &root_ : &current};
  for (const PathSegment& segment : query.segments) {
    Nodes next;
    for (const value* node : nodes) {
      if (segment.descendants) {
        ApplyBelow(segment, *node, 0, next);
      } else {
        Apply(segment, *node, next);
      }
    }
    nodes = std::move(next);
  }
  return nodes;
}

void PathSelection::ApplyBelow(const PathSegment& segment, const value& node, std::size_t depth, Nodes& out) {
  if (depth > JsonPath::kMaxDepth) {
    truncated_ = true;
    return;
  }
  if (!Spend()) return;
  Apply(segment, node, out);
  ForEachChild(node, [&](const value& child) { ApplyBelow(segment, child, depth + 1, out); });
}

void PathSelection::Apply(const PathSegment& segment, const value& node, Nodes& out) {
  for (const PathSelector& selector : segment.selectors) {
    std::visit([&](const auto& one) { ApplyOne(one, node, out); }, selector);
  }
}

void PathSelection::ApplyOne(const NameSelector& selector, const value& node, Nodes& out) {
  const auto* object = node.if_object();
  if (object == nullptr) return;
  if (const value* member = object->if_contains(selector.name)) Add(*member, out);
}

void PathSelection::ApplyOne(const WildcardSelector&, const value& node, Nodes& out) {
  ForEachChild(node, [&](const value& child) { Add(child, out); });
}

void PathSelection::ApplyOne(const IndexSelector& selector, const value& node, Nodes& out) {
  const auto* array = node.if_array();
  if (array == nullptr) return;
  const auto length = static_cast<std::int64_t>(array->size());
  const std::int64_t index = selector.index >= 0 ? selector.index : length + selector.index;
  if (index >= 0 && index < length) Add((*array)[static_cast<std::size_t>(index)], out);
}

void PathSelection::ApplyOne(const SliceSelector& selector, const value& node, Nodes& out) {
  const auto* array = node.if_array();
  if (array == nullptr || selector.step == 0) return;
  const auto length = static_cast<std::int64_t>(array->size());
  const auto at = [&](std::int64_t i) -> const value& { return (*array)[static_cast<std::size_t>(i)]; };
  if (selector.step > 0) {
    const std::int64_t end = Clamp(selector.end.value_or(length), length, 0, length);
    for (std::int64_t i = Clamp(selector.start.value_or(0), length, 0, length); i < end; i += selector.step) {
      Add(at(i), out);
    }
  } else {
    // The end that stands for "through the first element" cannot be written as a number.
    const std::int64_t end = selector.end ? Clamp(*selector.end, length, -1, length - 1) : -1;
    for (std::int64_t i = Clamp(selector.start.value_or(length - 1), length, -1, length - 1); i > end;
         i += selector.step) {
      Add(at(i), out);
    }
  }
}

void PathSelection::ApplyOne(const FilterSelector& selector, const value& node, Nodes& out) {
  ForEachChild(node, [&](const value& child) {
    if (Spend() && Holds(*selector.expression, child)) Add(child, out);
  });
}

bool PathSelection::Holds(const FilterExpression& expression, const value& current) {
  const auto holds = [&](const FilterExpression& operand) { return Holds(operand, current); };
  switch (expression.kind) {
    case FilterExpression::Kind::kOr:
      return std::ranges::any_of(expression.operands, holds);
    case FilterExpression::Kind::kAnd:
      return std::ranges::all_of(expression.operands, holds);
    case FilterExpression::Kind::kNot:
      return !Holds(expression.operands.front(), current);
    case FilterExpression::Kind::kExists:
      return !Run(expression.query, current).empty();
    case FilterExpression::Kind::kComparison:
      return Compare(expression, current);
  }
  return false;
}

bool PathSelection::Compare(const FilterExpression& expression, const value& current) {
  using Operator = FilterExpression::Comparison;
  const value* left = Resolve(expression.left, current);
  const value* right = Resolve(expression.right, current);
  const auto less = [](const value* a, const value* b) { return a != nullptr && b != nullptr && Less(*a, *b); };
  switch (expression.comparison) {
    case Operator::kEqual:
      return EqualOrBothNothing(left, right);
    case Operator::kNotEqual:
      return !EqualOrBothNothing(left, right);
    case Operator::kLess:
      return less(left, right);
    case Operator::kLessOrEqual:
      return less(left, right) || EqualOrBothNothing(left, right);
    case Operator::kGreater:
      return less(right, left);
    case Operator::kGreaterOrEqual:
      return less(right, left) || EqualOrBothNothing(left, right);
  }
  return false;
}

const value* PathSelection::Resolve(const Comparable& comparable, const value& current) {
  if (const auto* literal = std::get_if<value>(&comparable)) return literal;
  const Nodes nodes = Run(std::get<PathQuery>(comparable), current);
  return nodes.empty() ? nullptr : nodes.front();
}

}  // namespace wsfleet
