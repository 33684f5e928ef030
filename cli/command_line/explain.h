#pragma once

#include <string>
#include <vector>

#include "CLI/CLI.hpp"

// What may stand on a command line, and what is wrong with one, in words of our own.
namespace wsfleet::cli {

// An option's value is one of these words. They are its type's name too, "compact|full|none": help shows them, and
// completion offers them.
void OneOf(CLI::Option& option, const std::vector<std::string>& words);
// Its value is a whole number within these limits.
void NumberIn(CLI::Option& option, unsigned lowest, unsigned highest);

// What was expected, what was found (with the nearest known name), and which help to read.
std::string Explain(const CLI::App& program, const CLI::ParseError& error, int argc, char** argv);

}  // namespace wsfleet::cli
