#pragma once

#include <cstddef>
#include <string_view>

#include "boost/json/value.hpp"

namespace wsfleet {

// One JSON text (RFC 8259), each number as the double that comes nearest to what is written. Boost.JSON 1.81's own
// parse() multiplies by powers of ten that are rounded, so that one in ten numbers of 17 digits becomes its neighbour.
// `error` as parse() sets it; the value is null then. Thread-safe.
boost::json::value ParseJson(std::string_view text, boost::json::error_code& error, std::size_t max_depth = 32);

// About what the value of this text takes in memory, and seldom less, without parsing it: up to some twenty times the
// text.
std::size_t JsonTreeBytes(std::string_view text);

}  // namespace wsfleet
