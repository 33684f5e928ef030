#include <poll.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/commands/agent_table.h"
#include "cli/commands/commands.h"
#include "cli/run/fleet.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

// agents drain.
namespace wsfleet::cli {
namespace {

constexpr int kLookAgainMilliseconds = 500;

std::vector<v1::Agent> Of(const std::set<std::string>& ids, const std::vector<v1::Agent>& agents) {
  std::vector<v1::Agent> found;
  std::ranges::copy_if(agents, std::back_inserter(found),
                       [&](const auto& agent) { return ids.contains(agent.agent()); });
  return found;
}

int ShardsOf(const std::vector<v1::Agent>& agents) {
  int shards = 0;
  for (const v1::Agent& agent : agents) shards += agent.shards_size();
  return shards;
}

// Looks until none of them works on anything: an agent that is lost loses its shards when its leases end.
absl::Status Await(Invocation& invocation, CoordinatorClient& client, const std::set<std::string>& ids,
                   std::vector<v1::Agent>& agents) {
  int told = -1;
  while (true) {
    const auto undone = std::ranges::find_if(agents, [](const v1::Agent& agent) { return !agent.drained(); });
    if (undone != agents.end()) {
      return absl::UnavailableError(
          fmt::format("{} takes work again: somebody has undone the drain", Printable(undone->agent())));
    }
    const int shards = ShardsOf(agents);
    if (shards == 0) return absl::OkStatus();
    if (!invocation.quiet && shards != std::exchange(told, shards)) {
      fmt::print(stderr, "{} of {} agents to finish {} shards\n",
                 std::ranges::count_if(agents, [](const v1::Agent& agent) { return agent.shards_size() > 0; }),
                 agents.size(), shards);
    }
    // Nothing tells when; an interrupt ends the program by itself.
    pollfd interrupt{invocation.interrupt.descriptor(), POLLIN, 0};
    poll(&interrupt, 1, kLookAgainMilliseconds);
    const auto now = ListAgents(client);
    if (!now.ok()) return now.status();
    agents = Of(ids, *now);
  }
}

// A run without --from passes over a region that has nobody left; nobody should learn that from a run.
void WarnOfEmptyRegions(CoordinatorClient& client, const std::vector<v1::Agent>& drained) {
  const auto all = ListAgents(client);
  if (!all.ok()) return;
  std::map<std::string, bool> has_others;
  for (const v1::Agent& agent : drained) has_others[agent.region()] = false;
  for (const v1::Agent& agent : *all) {
    const auto region = has_others.find(agent.region());
    if (region != has_others.end()) region->second = region->second || !agent.drained();
  }
  for (const auto& [region, others] : has_others) {
    if (others) continue;
    fmt::print(stderr, "{} has no other agents: runs without --from leave it out until `wsfleet agents drain --undo`\n",
               Printable(region));
  }
}

}  // namespace

int AgentsDrainCommand(Invocation& invocation, const DrainFlags& flags) {
  if (flags.agents.empty() && flags.region.empty()) {
    return Fail(
        absl::InvalidArgumentError("expected agents or --region, found neither; `wsfleet agents list` shows them"));
  }
  if (flags.undo && flags.wait)
    return Fail(absl::InvalidArgumentError("--wait waits for the end of a drain, not with --undo"));
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  auto agents = DrainAgents(**client, {flags.agents, flags.region, flags.undo});
  if (!agents.ok()) return Fail(agents.status());
  if (!flags.undo && !invocation.quiet) WarnOfEmptyRegions(**client, *agents);
  if (flags.wait) {
    std::set<std::string> ids;
    for (const v1::Agent& agent : *agents) ids.insert(agent.agent());
    if (const absl::Status status = Await(invocation, **client, ids, *agents); !status.ok()) return Fail(status);
  }
  fmt::print("{}", Render(AgentTable(*agents), invocation.output));
  return kPassedCode;
}

}  // namespace wsfleet::cli
