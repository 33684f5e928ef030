#pragma once

#include <compare>

#include "boost/json/value.hpp"

namespace wsfleet {

// The order of two numbers by their exact value, whatever they are stored as: 1 = 1.0, and 2^53 + 1 is not 2^53.
// Unordered if one of them is no number.
std::partial_ordering CompareNumbers(const boost::json::value& a, const boost::json::value& b);

// Whether, since it was asked last, this thread has found two numbers equal of which one may be the rounding of another
// number (json_numbers.h).
bool TakeEqualRoundings();

// Deep equality as the language defines it: numbers by value (1 = 1.0), everything else by type and value.
bool JsonEquals(const boost::json::value& a, const boost::json::value& b);

}  // namespace wsfleet
