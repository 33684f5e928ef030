#pragma once

#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"

// Pages of the manual, in the man(7) macros, made from tables of options. They name no date, so that the same tables
// make the same bytes on any day.
namespace wsfleet::cli {

struct ManualPage {
  std::string file;  // "wsfleet-agents.1"
  std::string text;
};

// wsfleet(1), and wsfleet-COMMAND(1) for each command with all that is below it. `tree`: of Program.
std::vector<ManualPage> RenderManual(const CLI::App& tree);

// What a table of options does not know of a program that serves.
struct ServiceNotes {
  struct List {
    std::string title;                                       // "FILES"
    std::vector<std::pair<std::string, std::string>> terms;  // with what each means
  };
  std::string description;  // paragraphs, with an empty line between
  std::vector<List> lists;
  std::vector<std::string> see_also;  // "wsfleet(1)"
};
// NAME(8). `tree`: the program's own.
ManualPage RenderServiceManual(const CLI::App& tree, const ServiceNotes& notes);

}  // namespace wsfleet::cli
