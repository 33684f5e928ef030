#include "core/match/compare.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "core/value/json_numbers.h"

namespace wsfleet {
namespace {

thread_local bool equal_roundings = false;

std::partial_ordering CompareDoubles(double a, double b) {
  if (a == b && std::abs(a) >= kFirstRounded) equal_roundings = true;
  return a <=> b;
}

// An integer against a double without rounding the integer to a double.
template <typename Int>
std::partial_ordering CompareWithDouble(Int integer, double number) {
  if (std::isnan(number)) return std::partial_ordering::unordered;
  // One past the largest value is a power of two, so it is exact as a double.
  const double end = std::ldexp(1.0, std::numeric_limits<Int>::digits);
  if (number >= end) return std::partial_ordering::less;
  if (number < static_cast<double>(std::numeric_limits<Int>::min())) return std::partial_ordering::greater;
  const double whole = std::trunc(number);
  const auto truncated = static_cast<Int>(whole);
  if (integer != truncated) return integer <=> truncated;
  return 0.0 <=> (number - whole);
}

template <typename A, typename B>
std::partial_ordering CompareIntegers(A a, B b) {
  if (std::cmp_equal(a, b)) return std::partial_ordering::equivalent;
  return std::cmp_less(a, b) ? std::partial_ordering::less : std::partial_ordering::greater;
}

template <typename Int>
std::partial_ordering CompareInteger(Int a, const boost::json::value& b) {
  if (b.is_int64()) return CompareIntegers(a, b.get_int64());
  if (b.is_uint64()) return CompareIntegers(a, b.get_uint64());
  if (b.is_double()) return CompareWithDouble(a, b.get_double());
  return std::partial_ordering::unordered;
}

std::partial_ordering Reverse(std::partial_ordering order) { return 0 <=> order; }

bool ArraysEqual(const boost::json::array& a, const boost::json::array& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), JsonEquals);
}

bool ObjectsEqual(const boost::json::object& a, const boost::json::object& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const auto& member) {
           const boost::json::value* other = b.if_contains(member.key());
           return other != nullptr && JsonEquals(member.value(), *other);
         });
}

}  // namespace

std::partial_ordering CompareNumbers(const boost::json::value& a, const boost::json::value& b) {
  if (a.is_int64()) return CompareInteger(a.get_int64(), b);
  if (a.is_uint64()) return CompareInteger(a.get_uint64(), b);
  if (!a.is_double()) return std::partial_ordering::unordered;
  if (b.is_double()) return CompareDoubles(a.get_double(), b.get_double());
  return Reverse(CompareNumbers(b, a));
}

bool TakeEqualRoundings() { return std::exchange(equal_roundings, false); }

bool JsonEquals(const boost::json::value& a, const boost::json::value& b) {
  if (a.is_number() && b.is_number()) return CompareNumbers(a, b) == std::partial_ordering::equivalent;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case boost::json::kind::string:
      return a.get_string() == b.get_string();
    case boost::json::kind::bool_:
      return a.get_bool() == b.get_bool();
    case boost::json::kind::array:
      return ArraysEqual(a.get_array(), b.get_array());
    case boost::json::kind::object:
      return ObjectsEqual(a.get_object(), b.get_object());
    default:
      return true;  // null and null
  }
}

}  // namespace wsfleet
