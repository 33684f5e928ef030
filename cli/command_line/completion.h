#pragma once

#include <string>
#include <string_view>

#include "CLI/CLI.hpp"

namespace wsfleet::cli {

// A script that completes commands and flags of the tree: `shell` is bash, zsh or fish. Commands of later versions are
// left out.
std::string RenderCompletion(const CLI::App& tree, std::string_view shell);

}  // namespace wsfleet::cli
