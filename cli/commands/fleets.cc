#include <string>
#include <vector>

#include "boost/json/object.hpp"
#include "cli/commands/commands.h"
#include "cli/run/fleet.h"
#include "core/base/text.h"
#include "fmt/format.h"

// fleet create, list.
namespace wsfleet::cli {

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
  listing.columns = {{"FLEET"}, {"AGENTS"}, {"OPEN RUNS"}, {"COORDINATOR"}, {"EPOCH", true}, {"REPLICA", true}};
  for (const v1::FleetSummary& fleet : *fleets) {
    const std::string where = fleet.owner().empty()            ? "none at the moment"
                              : fleet.client_address().empty() ? fleet.owner()
                                                               : fleet.client_address();
    listing.names.push_back(fleet.fleet());
    listing.rows.push_back({Printable(fleet.fleet()), std::to_string(fleet.agents()), std::to_string(fleet.open_jobs()),
                            Printable(where), std::to_string(fleet.ownership_epoch()), Printable(fleet.owner())});
    listing.items.push_back({{"fleet", fleet.fleet()},
                             {"agents", fleet.agents()},
                             {"open_runs", fleet.open_jobs()},
                             {"owner", fleet.owner()},
                             {"ownership_epoch", fleet.ownership_epoch()},
                             {"client_address", fleet.client_address()},
                             {"agent_address", fleet.agent_address()}});
  }
  fmt::print("{}", Render(listing, invocation.output));
  return kPassedCode;
}

}  // namespace wsfleet::cli
