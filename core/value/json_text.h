#pragma once

#include <string>

#include "boost/json/value.hpp"

namespace wsfleet {

// Compact JSON as people write it: 1.5, where Boost.JSON's serialize() writes 1.5E0. Numbers keep their exact value;
// whole ones that only a double holds have all their digits up to 10^21, as in JavaScript.
std::string CompactJson(const boost::json::value& value);

// The same with a line for each element and member, indented by one space for each level.
std::string IndentedJson(const boost::json::value& value);

}  // namespace wsfleet
