#pragma once

#include <span>
#include <string_view>

#include "boost/json/value.hpp"

namespace wsfleet {

// From here on (2^63, and below its negative) a value may be the rounding of a whole number that 64 bits do not hold.
inline constexpr double kFirstRounded = 9223372036854775808.0;

// The first number of a JSON text, as it is written there, that is held as another one: a whole number (without point
// and exponent) that neither 64 bits nor a double hold, or one that no double comes near, such as 1e999. Empty if there
// is none. What is no JSON is looked at as far as that makes sense.
std::string_view FirstRoundedNumber(std::string_view json);
// The same, of those that `values`, which were read from the text, hold as one of their numbers.
std::string_view FirstRoundedNumber(std::string_view json, std::span<const boost::json::value* const> values);

// Whether a value, or something in it, may be such a rounding.
bool MayBeRounded(const boost::json::value& value);

}  // namespace wsfleet
