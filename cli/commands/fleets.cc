#include <memory>
#include <string>
#include <vector>

#include "boost/json/object.hpp"
#include "cli/commands/commands.h"
#include "cli/run/fleet.h"
#include "core/base/text.h"
#include "core/value/json_reader.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"

// fleet create, list, stop, resume.
namespace wsfleet::cli {

namespace {

boost::json::value StopJson(const v1::FleetSummary& fleet) {
  if (!fleet.has_stop()) return nullptr;
  return {{"by", fleet.stop().by()},
          {"reason", fleet.stop().reason()},
          {"since", TimeText(wire::FromWire(fleet.stop().since()))}};
}

// A client of this fleet; empty: of the configured one.
absl::StatusOr<std::unique_ptr<CoordinatorClient>> ConnectToFleet(Invocation& invocation, const std::string& fleet) {
  if (!fleet.empty()) invocation.connection.fleet = fleet;
  return ConnectConfigured(invocation);
}

}  // namespace

int FleetStopCommand(Invocation& invocation, const std::string& fleet, const std::string& reason) {
  auto client = ConnectToFleet(invocation, fleet);
  if (!client.ok()) return Fail(client.status());
  if (const absl::Status status = StopFleet(**client, reason); !status.ok()) return Fail(status);
  const auto summary = FindFleet(**client);
  if (!summary.ok()) return Fail(summary.status());
  fmt::print("{}\n", Printable(summary->fleet()));
  if (invocation.quiet) return kPassedCode;
  // Somebody may have been quicker, or let it on again.
  fmt::print(stderr, "{}\n", summary->has_stop() ? "stopped " + StopText(summary->stop()) : "resumed meanwhile");
  fmt::print(stderr,
             "Connected agents end what they run within 2s, those that are cut off within one lease time.\n"
             "`wsfleet fleet resume {}` lets runs begin again.\n",
             Printable(summary->fleet()));
  return kPassedCode;
}

int FleetResumeCommand(Invocation& invocation, const std::string& fleet) {
  auto client = ConnectToFleet(invocation, fleet);
  if (!client.ok()) return Fail(client.status());
  if (const absl::Status status = ResumeFleet(**client); !status.ok()) return Fail(status);
  fmt::print("{}\n", Printable((*client)->fleet()));
  if (!invocation.quiet) fmt::print(stderr, "Runs may begin again; those that were ended are not begun anew.\n");
  return kPassedCode;
}

int FleetCreateCommand(Invocation& invocation, const std::string& name) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  if (const absl::Status status = CreateFleet(**client, name); !status.ok()) return Fail(status);
  fmt::print("{}\n", Printable(name));
  if (!invocation.quiet) {
    fmt::print(stderr, "agents join it with --fleet {0}, and so do runs: wsfleet run --fleet {0} …\n", Printable(name));
  }
  return kPassedCode;
}

int FleetListCommand(Invocation& invocation) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto fleets = ListFleets(**client);
  if (!fleets.ok()) return Fail(fleets.status());
  Listing listing;
  listing.columns = {{"FLEET"},       {"STATE"},       {"AGENTS"},       {"OPEN RUNS"},
                     {"COORDINATOR"}, {"EPOCH", true}, {"REPLICA", true}};
  for (const v1::FleetSummary& fleet : *fleets) {
    const std::string where = fleet.owner().empty()            ? "none at the moment"
                              : fleet.client_address().empty() ? fleet.owner()
                                                               : fleet.client_address();
    listing.names.push_back(fleet.fleet());
    const std::string state = fleet.has_stop() ? "stopped " + StopText(fleet.stop()) : "runs";
    listing.rows.push_back({Printable(fleet.fleet()), state, std::to_string(fleet.agents()),
                            std::to_string(fleet.open_jobs()), Printable(where),
                            std::to_string(fleet.ownership_epoch()), Printable(fleet.owner())});
    listing.items.push_back({{"fleet", fleet.fleet()},
                             {"agents", fleet.agents()},
                             {"open_runs", fleet.open_jobs()},
                             {"owner", fleet.owner()},
                             {"ownership_epoch", fleet.ownership_epoch()},
                             {"client_address", fleet.client_address()},
                             {"agent_address", fleet.agent_address()},
                             {"stopped", StopJson(fleet)}});
  }
  fmt::print("{}", Render(listing, invocation.output));
  return kPassedCode;
}

}  // namespace wsfleet::cli
