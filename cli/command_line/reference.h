#pragma once

#include <string>

#include "CLI/CLI.hpp"

namespace wsfleet::cli {

// docs/reference/cli.md: every command with its arguments and flags, and the exit codes.
std::string RenderReference(const CLI::App& tree);

}  // namespace wsfleet::cli
