#pragma once

#include <string>
#include <string_view>

#include "boost/json/value.hpp"
#include "core/match/predicate.h"

// How predicates and values are put into words. Used by core/match and core/session.
namespace wsfleet {

// As written in a suite: "gte", "regex".
std::string_view TestName(Predicate::Op op);
// "string", "number", "boolean", "array", "object", "null".
std::string_view TypeName(const boost::json::value& value);
// Compact JSON, printable, cut to what fits on a line.
std::string DescribeValue(const boost::json::value& value);

// The value of a bound operand; null for one that is not bound.
const boost::json::value& OperandOf(const Predicate::Test& test);
// Whether one test holds for one value.
bool Holds(const Predicate::Test& test, const boost::json::value& subject);

}  // namespace wsfleet
