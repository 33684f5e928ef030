#pragma once

#include <string>
#include <vector>

#include "CLI/CLI.hpp"

// A command tree as plain data, without what comes with later versions: what completion, the reference and the manual
// are made of.
namespace wsfleet::cli {

struct TreeFlag {
  std::vector<std::string> names;  // "-o", "--output"
  std::string value;               // "TEXT", or the words that it may be, "full|none"; empty for a switch
  std::vector<std::string> words;  // these; empty: any value
  std::string description;
  std::string default_value;
  std::string variable;  // of the environment, that may say it too; empty: none
  bool required = false;
};

struct TreeCommand {
  std::vector<std::string> path;  // {"runs", "list"}; empty: the program
  std::string description;
  std::vector<TreeFlag> arguments;  // positional
  std::vector<TreeFlag> flags;
  std::vector<std::string> commands;  // names below it
};

// The program first, then each command before those below it.
std::vector<TreeCommand> FlattenTree(const CLI::App& tree);

}  // namespace wsfleet::cli
