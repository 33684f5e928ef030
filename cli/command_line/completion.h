#pragma once

#include <string>
#include <string_view>

#include "CLI/CLI.hpp"

namespace wsfleet::cli {

// A script that completes commands, flags and, where they are words of a list, values: `shell` is bash, zsh or fish.
// The value of a flag is never taken for a command. Commands of later versions are left out.
std::string RenderCompletion(const CLI::App& tree, std::string_view shell);

}  // namespace wsfleet::cli
