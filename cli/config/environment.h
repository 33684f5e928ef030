#pragma once

#include <map>
#include <string>
#include <string_view>

namespace wsfleet::cli {

using Environment = std::map<std::string, std::string, std::less<>>;

// The environment variables of this process.
Environment ProcessEnvironment();

// The variable's value; empty if it is not set.
std::string ValueOf(const Environment& environment, std::string_view name);

}  // namespace wsfleet::cli
