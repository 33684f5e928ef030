#pragma once

#include <functional>
#include <string>

#include "coordinator/coordinator_options.h"

namespace CLI {
class App;
}

namespace wsfleet::coordinator {

struct CommandLine {
  CoordinatorOptions coordinator;
  std::string ready_file;
  std::string policy_file;   // of fleets that were given none; empty: by where the listeners are
  std::string secrets_file;  // docs/how-to/secrets.md; empty: none are kept
  std::string http_listen;   // of probes and metrics; empty: nowhere
  std::string log_level = "info";
  bool die_with_parent = false;
  std::string authority_step;  // of `ca`, to be done in place of serving; empty: serve
};

struct ParsedCommandLine {
  CommandLine options;
  bool exit_now = false;  // help, version, or an error that has been printed
  int exit_code = 0;
};

// Prints help, version and errors itself. Usage errors exit with 2.
ParsedCommandLine ParseCommandLine(int argc, char** argv);

// The table of options, which the manual is made from. It lasts as long as the call.
void VisitOptions(const std::function<void(const CLI::App&)>& visit);

}  // namespace wsfleet::coordinator
