#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "boost/json/value.hpp"

// YAML as it may stand on one line, inside of {…} too.
namespace wsfleet {

// A string: plain if nobody could read it as anything else, otherwise in double quotes.
std::string YamlText(std::string_view text);

// What becomes of a string of a value; `name` is that of the member that it is, or is an element of; of a "value", what
// the "name" beside it says.
using TextOfMember = std::function<std::string(std::string_view name, std::string_view text)>;

// A JSON value in flow style, its strings as `text_of` gives them.
std::string YamlValue(const boost::json::value& value, const TextOfMember& text_of);

}  // namespace wsfleet
