#include "cli/doctor/checks.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "cli/run/fleet.h"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"

namespace wsfleet::cli {
namespace {

constexpr std::uint64_t kMaxCheckedFile = 1 << 20;
constexpr absl::Duration kClocksMayDiffer = absl::Seconds(2);  // as the verdicts' (docs/reference/failures.md)
constexpr absl::Duration kSaturated = absl::Milliseconds(50);

Diagnosis Ok(std::string subject, std::string found) {
  return {Health::kOk, std::move(subject), std::move(found), "", kPassedCode};
}

Diagnosis Warn(std::string subject, std::string found, std::string next) {
  return {Health::kWarn, std::move(subject), std::move(found), std::move(next), kPassedCode};
}

Diagnosis Broken(ProcessExit code, std::string subject, std::string found, std::string next) {
  return {Health::kFail, std::move(subject), std::move(found), std::move(next), code};
}

// "0.12.3" → {0, 12}; nothing for what is no version.
std::optional<std::pair<int, int>> SeriesOf(std::string_view version) {
  std::pair<int, int> series;
  const char* const end = version.data() + version.size();
  const auto major = std::from_chars(version.data(), end, series.first);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  if (std::from_chars(major.ptr + 1, end, series.second).ec != std::errc()) return std::nullopt;
  return series;
}

// N and N-1 work together, in both directions.
bool WorkTogether(std::string_view one, std::string_view other) {
  const auto a = SeriesOf(one), b = SeriesOf(other);
  if (!a || !b) return one == other;
  return a->first == b->first && std::abs(a->second - b->second) <= 1;
}

Diagnosis CheckToken(const Endpoint& endpoint) {
  if (endpoint.token_file.empty()) {
    if (!endpoint.token.empty()) return Ok("token", "that of WSFLEET_TOKEN");
    return Warn("token", "none is configured",
                "unless the coordinator takes calls without one: --token-file FILE, or token_file in the context");
  }
  const auto content = ReadWholeFile(endpoint.token_file, kMaxCheckedFile);
  if (!content.ok()) {
    return Broken(kUsageCode, "token", std::string(ToStd(content.status().message())),
                  fmt::format("{} names this file: correct it, or fetch the token", endpoint.token_source));
  }
  if (content->find_first_not_of(" \r\n\t") == std::string::npos) {
    return Broken(kUsageCode, "token", fmt::format("{} is empty", endpoint.token_file), "fetch the token again");
  }
  struct stat facts{};
  if (stat(endpoint.token_file.c_str(), &facts) == 0 && (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Warn("token", fmt::format("others may read {}", endpoint.token_file),
                fmt::format("chmod 600 {}", endpoint.token_file));
  }
  return Ok("token", fmt::format("that of {}", endpoint.token_file));
}

Diagnosis CheckAuthority(const Endpoint& endpoint) {
  if (endpoint.ca_file.empty()) return Ok("authority", "those of the system");
  const auto content = ReadWholeFile(endpoint.ca_file, kMaxCheckedFile);
  if (!content.ok()) {
    return Broken(
        kUsageCode, "authority", std::string(ToStd(content.status().message())),
        fmt::format("{} names this file: correct it, or fetch the authority's certificate", endpoint.ca_source));
  }
  if (content->find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    return Broken(kUsageCode, "authority",
                  fmt::format("{}: expected a certificate in PEM, found none", endpoint.ca_file),
                  "name the file of the authority that signed the coordinator's certificate (--ca)");
  }
  return Ok("authority", fmt::format("that of {}", endpoint.ca_file));
}

// An agent's name is POOL.INSTANCE, and no pool's has a dot.
bool IsOf(const v1::Revocation& revocation, const std::string& agent) {
  if (!revocation.agent().empty()) return revocation.agent() == agent;
  return agent.starts_with(revocation.pool() + ".");
}

Diagnosis LostAgent(const v1::Agent& agent, const std::vector<v1::Revocation>& revocations) {
  const std::string subject = "agent " + Printable(agent.agent());
  const std::string where = Printable(agent.region());
  const auto found = std::ranges::find_if(revocations, [&](const auto& each) { return IsOf(each, agent.agent()); });
  if (found == revocations.end()) {
    return Warn(subject, fmt::format("{}: lost", where),
                "is its process running, can it reach the coordinator, and is it let in (wsfleet agents revoked)? It "
                "is listed for an hour");
  }
  const bool pool = found->agent().empty();
  return Warn(subject,
              fmt::format("{}: lost, {} revoked since {}{}", where, pool ? "its pool is" : "it is",
                          UtcText(wire::FromWire(found->revoked())),
                          found->reason().empty() ? "" : ": " + Printable(found->reason())),
              fmt::format("wsfleet agents revoke --undo {}{} lets it in again; it is listed for an hour",
                          pool ? "--pool " : "", Printable(pool ? found->pool() : found->agent())));
}

// What is wrong with one agent that is there.
void CheckAgent(const v1::Agent& agent, const Versions& coordinator, Diagnoses& diagnoses) {
  const std::string subject = "agent " + Printable(agent.agent());
  const std::string where = Printable(agent.region());
  if (agent.state() == v1::AGENT_STATE_QUARANTINED) {
    diagnoses.push_back(Broken(kInconclusiveCode, subject,
                               fmt::format("{}: quarantined, several processes take its name from each other", where),
                               "give each process a name of its own (--id)"));
    return;
  }
  if (!WorkTogether(agent.version(), coordinator.program)) {
    diagnoses.push_back(Warn(
        subject,
        fmt::format("{}: version {}, the coordinator's is {}", where, Printable(agent.version()), coordinator.program),
        "neighbouring versions work together: update the older one"));
  } else if (agent.language_minor() < coordinator.language_minor) {
    diagnoses.push_back(Warn(subject,
                             fmt::format("{}: it runs suites up to wsfleet/v1.{}, the coordinator's language is v1.{}",
                                         where, agent.language_minor(), coordinator.language_minor),
                             "suites that need more pass it over: update it"));
  }
  if (agent.has_clock_offset()) {
    const absl::Duration ahead = wire::FromWire(agent.clock_offset());
    if (absl::AbsDuration(ahead) > kClocksMayDiffer) {
      diagnoses.push_back(
          Warn(subject,
               fmt::format("{}: its clock is {} {} the coordinator's", where, FormatElapsed(absl::AbsDuration(ahead)),
                           ahead > absl::ZeroDuration() ? "ahead of" : "behind"),
               "synchronise the clocks of both machines (chrony, systemd-timesyncd)"));
    }
  }
  const absl::Duration lag = wire::FromWire(agent.health().loop_lag());
  if (lag >= kSaturated) {
    diagnoses.push_back(Warn(subject,
                             fmt::format("{}: saturated, its event loop is late by {}", where, FormatElapsed(lag)),
                             "give it less at once (--max-sessions), more processors, or company"));
  }
}

// Whether the coordinator has an authority of its own cannot be asked.
Diagnosis NoAgents(const std::string& fleet) {
  return Broken(
      kInconclusiveCode, "agents", fmt::format("none is connected to fleet {}", fleet),
      fmt::format("wsfleet agents join-token create --region REGION > join-token; then, on the agent's host:\n"
                  "wsfleet-agent --coordinator HOST:7420 --ca FILE --region REGION --fleet {} --enrol HOST:7423 "
                  "--join-token-file join-token --identity-dir DIR\n"
                  "or, if the coordinator has no authority of its own (--own-ca): --cert FILE --key FILE in place of "
                  "the last three",
                  fleet));
}

}  // namespace

Diagnoses CheckEndpoint(const Endpoint& endpoint) {
  if (endpoint.address.empty()) {
    return {Broken(kUsageCode, "configuration", "no coordinator is configured",
                   "wsfleet context add NAME --coordinator HOST:PORT --ca FILE --token-file FILE\n"
                   "or start one to try things on: wsfleet dev, then --context dev")};
  }
  return {Ok("configuration",
             fmt::format("{}, fleet {} ({})", endpoint.address, Printable(endpoint.fleet), endpoint.source)),
          CheckAuthority(endpoint), CheckToken(endpoint)};
}

Diagnosis CheckFirstCall(const absl::Status& status, const Endpoint& endpoint) {
  if (status.ok()) return Ok("coordinator", "it answers, by TLS and with this token");
  const std::string found = OneLine(ToStd(status.message()));
  if (absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status)) {
    return Broken(kDeniedCode, "coordinator", fmt::format("it refuses the token: {}", found),
                  endpoint.token_file.empty()
                      ? "--token-file FILE, with a token of this coordinator"
                      : fmt::format("is {} of this coordinator, and still valid?", endpoint.token_file));
  }
  return Broken(kInconclusiveCode, "coordinator", fmt::format("TCP works, and yet no answer: {}", found),
                fmt::format("is this its client listener (--client-listen), not that of agents?\n"
                            "is {} the authority of its certificate, and is the host in it?\n"
                            "openssl s_client -connect {} shows the certificate",
                            endpoint.ca_file.empty() ? "one of the system's" : endpoint.ca_file,
                            endpoint.address.substr(0, endpoint.address.find(','))));
}

Diagnosis CheckVersion(const Versions& own, const v1::VersionReply& coordinator) {
  const std::string found =
      fmt::format("coordinator {} (wsfleet/v1.{}), this program {} (wsfleet/v1.{})", Printable(coordinator.version()),
                  coordinator.language_minor(), own.program, own.language_minor);
  if (!WorkTogether(own.program, coordinator.version())) {
    return Warn("version", found, "neighbouring versions work together: update the older one");
  }
  if (coordinator.language_minor() < own.language_minor) {
    return Warn("version", found, "it refuses suites that need more of the language: update the coordinator");
  }
  return Ok("version", found);
}

Diagnosis CheckFleetCall(const absl::Status& status) {
  std::string next = "its log says why; wsfleet fleet list shows which coordinator runs it";
  if (absl::IsNotFound(status)) next = "wsfleet fleet list shows those that there are; --fleet NAME takes one";
  if (absl::IsPermissionDenied(status)) {
    next = "--fleet NAME takes a fleet that this token is for; an admin makes one for another: wsfleet tokens create";
  }
  return Broken(ExitCodeOf(status), "fleet", OneLine(ToStd(status.message())), std::move(next));
}

Diagnoses CheckFleet(const v1::FleetSummary& fleet) {
  if (!fleet.has_stop()) return {};
  return {
      Broken(kInconclusiveCode, "fleet", "it is stopped " + StopText(fleet.stop()),
             fmt::format("wsfleet fleet resume {}, when what it was stopped for is over", Printable(fleet.fleet())))};
}

Diagnoses CheckAgents(const std::vector<v1::Agent>& agents, const std::vector<v1::Revocation>& revocations,
                      const Versions& coordinator, std::string_view fleet) {
  Diagnoses diagnoses;
  struct Region {
    int connected = 0, drained = 0, gone = 0;
  };
  std::map<std::string, Region> regions;
  int connected = 0;
  for (const v1::Agent& agent : agents) {
    Region& region = regions[agent.region()];
    switch (agent.state()) {
      case v1::AGENT_STATE_CONNECTED:
        ++connected;
        ++region.connected;
        break;
      case v1::AGENT_STATE_DRAINING:
      case v1::AGENT_STATE_DRAINED:
        ++region.drained;
        break;
      default:
        ++region.gone;
        break;
    }
  }
  std::string by_region;
  for (const auto& [name, region] : regions) {
    by_region += fmt::format("{}{} {}", by_region.empty() ? "" : ", ", Printable(name), region.connected);
  }
  if (connected > 0) {
    diagnoses.push_back(Ok("agents", fmt::format("{} connected: {}", connected, by_region)));
  } else {
    diagnoses.push_back(NoAgents(Printable(fleet)));
  }
  for (const auto& [name, region] : regions) {
    if (region.connected > 0) continue;
    const std::string subject = "region " + Printable(name);
    if (region.drained > 0) {
      diagnoses.push_back(Warn(subject, fmt::format("no agent takes work: {} drained", region.drained),
                               fmt::format("wsfleet agents drain --undo --region {}", Printable(name))));
    } else {
      diagnoses.push_back(Warn(subject, "no agent is connected", "runs that need it end inconclusive"));
    }
  }
  for (const v1::Agent& agent : agents) {
    if (agent.state() == v1::AGENT_STATE_LOST) {
      diagnoses.push_back(LostAgent(agent, revocations));
    } else {
      CheckAgent(agent, coordinator, diagnoses);
    }
  }
  return diagnoses;
}

}  // namespace wsfleet::cli
