#pragma once

#include <optional>
#include <string_view>

#include "boost/json/object.hpp"

namespace wsfleet::oidc {

// One JSON object in UTF-8, at most 16 deep, in which no member stands twice, at any depth: of two, readers take
// different ones (RFC 8259, 4; RFC 7515, 5.2). Nothing for anything else.
std::optional<boost::json::object> ParseStrictObject(std::string_view text);

}  // namespace wsfleet::oidc
