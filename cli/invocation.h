#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/config/endpoint.h"
#include "cli/connection.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/terminal/console.h"

namespace wsfleet::cli {

// One call of the program: the global flags, and what the program finds around it.
struct Invocation {
  explicit Invocation(Interrupt& interrupt_source) : interrupt(interrupt_source) {}

  ConnectionFlags connection;
  OutputFormat output = OutputFormat::kTable;
  bool quiet = false;
  bool verbose = false;
  bool no_colour = false;
  std::string command_line;  // as it was typed, for reports
  Environment environment = ProcessEnvironment();
  Interrupt& interrupt;

  Console console() const { return MakeConsole(no_colour, environment); }
};

// The coordinator that flags, environment and files name; an endpoint without an address if none is configured.
absl::StatusOr<Endpoint> ConfiguredEndpoint(const Invocation& invocation);

// A client of that coordinator. FAILED_PRECONDITION: none is configured; it says how to.
absl::StatusOr<std::unique_ptr<CoordinatorClient>> ConnectConfigured(const Invocation& invocation);

// Why a token that was made is of no use: nobody has it, since stdout did not take it (`printed`), so that it was
// revoked, or (`revoked`) must be by `command ID`.
absl::Status Unprinted(const absl::Status& printed, const absl::Status& revoked, std::string_view command,
                       const std::string& id);

// The error, with the one of `names` that `word` was to be, if one is near.
absl::Status WithSuggestion(const absl::Status& error, std::string_view word, const std::vector<std::string>& names);

// Prints the error; returns its exit code.
ProcessExit Fail(const absl::Status& status);

}  // namespace wsfleet::cli
