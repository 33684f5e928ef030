#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "boost/json/array.hpp"
#include "boost/json/object.hpp"
#include "cli/commands/agent_table.h"
#include "cli/commands/commands.h"
#include "cli/run/fleet.h"
#include "core/base/text.h"
#include "core/value/json_reader.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"

// agents list, get.
namespace wsfleet::cli {
namespace {

namespace json = boost::json;

std::string StateOf(const v1::Agent& agent) {
  switch (agent.state()) {
    case v1::AGENT_STATE_CONNECTED:
      return "connected";
    case v1::AGENT_STATE_DRAINING:
      return "draining";
    case v1::AGENT_STATE_DRAINED:
      return "drained";
    case v1::AGENT_STATE_LOST:
      return agent.drained() ? "lost, drained" : "lost";
    case v1::AGENT_STATE_QUARANTINED:
      return "quarantined";
    default:
      return "unknown";
  }
}

std::string LastHeartbeat(const v1::Agent& agent) {
  if (!agent.has_last_heartbeat()) return "-";
  return FormatElapsed(absl::Now() - wire::FromWire(agent.last_heartbeat())) + " ago";
}

std::string ClockOffset(const v1::Agent& agent) {
  return agent.has_clock_offset() ? FormatElapsed(wire::FromWire(agent.clock_offset())) : "-";
}

json::object ToJson(const v1::Agent& agent) {
  json::object labels;
  for (const auto& [name, value] : agent.labels()) labels[name] = value;
  json::object out{{"agent", agent.agent()},
                   {"region", agent.region()},
                   {"state", StateOf(agent)},
                   {"version", agent.version()},
                   {"vantage", agent.vantage()},
                   {"labels", std::move(labels)},
                   {"max_shards", agent.capacity().shards()},
                   {"max_sessions", agent.capacity().sessions()},
                   {"shards", json::array(agent.shards().begin(), agent.shards().end())},
                   {"boot", agent.boot()},
                   {"drained", agent.drained()}};
  if (agent.language_minor() > 0) out["language"] = fmt::format("wsfleet/v1.{}", agent.language_minor());
  if (agent.has_connected()) out["connected"] = TimeText(wire::FromWire(agent.connected()));
  if (agent.has_last_heartbeat()) out["last_heartbeat"] = TimeText(wire::FromWire(agent.last_heartbeat()));
  if (agent.has_clock_offset())
    out["clock_offset_ms"] = absl::ToDoubleMilliseconds(wire::FromWire(agent.clock_offset()));
  return out;
}

}  // namespace

Listing AgentTable(const std::vector<v1::Agent>& agents) {
  Listing listing;
  listing.columns = {{"AGENT"},    {"REGION"},        {"STATE"},       {"VERSION"},        {"SHARDS"},
                     {"HEARD OF"}, {"VANTAGE", true}, {"CLOCK", true}, {"CAPACITY", true}, {"LABELS", true}};
  for (const v1::Agent& agent : agents) {
    std::string labels;
    for (const auto& [name, value] : std::map<std::string, std::string>(agent.labels().begin(), agent.labels().end())) {
      labels += fmt::format("{}{}={}", labels.empty() ? "" : ",", name, value);
    }
    listing.names.push_back(agent.agent());
    listing.items.push_back(ToJson(agent));
    listing.rows.push_back({Printable(agent.agent()), Printable(agent.region()), StateOf(agent),
                            Printable(agent.version()),
                            fmt::format("{}/{}", agent.shards_size(), agent.capacity().shards()), LastHeartbeat(agent),
                            Printable(agent.vantage()), ClockOffset(agent),
                            fmt::format("{} sessions", agent.capacity().sessions()), Printable(labels)});
  }
  return listing;
}

int AgentsListCommand(Invocation& invocation) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto agents = ListAgents(**client);
  if (!agents.ok()) return Fail(agents.status());
  const auto fleet = FindFleet(**client);
  fmt::print("{}", Render(AgentTable(*agents), invocation.output));
  if (fleet.ok() && fleet->has_stop()) {
    fmt::print(stderr, "fleet {} is stopped {}; no agent takes work until `wsfleet fleet resume {}`\n",
               Printable(fleet->fleet()), StopText(fleet->stop()), Printable(fleet->fleet()));
  }
  return kPassedCode;
}

int AgentsGetCommand(Invocation& invocation, const std::string& id) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto agent = GetAgent(**client, id);
  if (absl::IsNotFound(agent.status())) {
    std::vector<std::string> names;
    if (const auto agents = ListAgents(**client); agents.ok()) {
      for (const v1::Agent& each : *agents) names.push_back(each.agent());
    }
    return Fail(WithSuggestion(agent.status(), id, names));
  }
  if (!agent.ok()) return Fail(agent.status());
  if (invocation.output == OutputFormat::kName) {
    fmt::print("{}\n", agent->agent());
  } else if (invocation.output == OutputFormat::kJson) {
    fmt::print("{}", Render(ToJson(*agent), OutputFormat::kJson));
  } else {
    // One thing with many properties reads best as YAML.
    fmt::print("{}", Render(ToJson(*agent), OutputFormat::kYaml));
  }
  return kPassedCode;
}

}  // namespace wsfleet::cli
