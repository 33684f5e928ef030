#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "boost/json/object.hpp"
#include "boost/json/value.hpp"
#include "re2/re2.h"

namespace wsfleet {

// Keywords of our own in a prepared document, in place of those whose built-in test has no bounds or is wrong.
inline constexpr std::string_view kPatternKeyword = "wsfleet:pattern";      // RE2 in place of std::regex
inline constexpr std::string_view kUniqueKeyword = "wsfleet:uniqueItems";   // a set in place of all pairs
inline constexpr std::string_view kMultipleKeyword = "wsfleet:multipleOf";  // for numbers only, with their fractions
inline constexpr std::string_view kTypeKeyword = "wsfleet:type";            // 1e20 is an integer
inline constexpr std::string_view kMaximumKeyword = "wsfleet:maximum";      // by exact value, as the next three
inline constexpr std::string_view kExclusiveMaximumKeyword = "wsfleet:exclusiveMaximum";
inline constexpr std::string_view kMinimumKeyword = "wsfleet:minimum";
inline constexpr std::string_view kExclusiveMinimumKeyword = "wsfleet:exclusiveMinimum";
inline constexpr std::string_view kTestsKeyword = "wsfleet:tests";  // how many a schema makes by itself

// What valijson gets to read of a schema: the keywords of draft-07 only, each reference resolved to "#/definitions/N",
// and before everything else in each schema, the number of tests that it costs. InvalidArgument as of JsonSchema.
absl::StatusOr<boost::json::object> PrepareSchema(const boost::json::value& schema);

// Of every `pattern`.
re2::RE2::Options PatternOptions();

// Numbers as one type for each value: integral ones as int64, others as double. 1.0 becomes 1.
void NormalizeNumbers(boost::json::value& value);

}  // namespace wsfleet
