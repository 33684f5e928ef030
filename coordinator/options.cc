#include "coordinator/options.h"

#include <filesystem>
#include <optional>
#include <string_view>

#include "CLI/CLI.hpp"
#include "core/base/identifier.h"
#include "core/base/text.h"
#include "core/base/version.h"
#include "fmt/format.h"
#include "monitoring/http_server.h"

namespace wsfleet::coordinator {
namespace {

constexpr int kUsageError = 2;
// The shortest is for tests: nobody can look at a run that is gone as soon as it ends.
constexpr absl::Duration kShortestKeep = absl::Seconds(1);
constexpr absl::Duration kLongestKeep = absl::Hours(24 * 365 * 100);

// "90d", "36h", "forever".
std::optional<absl::Duration> ParseKeep(const std::string& text) {
  if (text == "forever") return absl::InfiniteDuration();
  const auto keep = ParseLongDuration(text);
  return keep && *keep >= kShortestKeep && *keep <= kLongestKeep ? keep : std::nullopt;
}

std::string CheckAddress(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos && colon > 0 && colon + 1 < text.size() &&
      text.find_first_not_of("0123456789", colon + 1) == std::string::npos) {
    return {};
  }
  return fmt::format("expected host:port such as 127.0.0.1:7420, found \"{}\"", text);
}

std::string CheckFleetName(const std::string& text) {
  if (IsIdentifier(text)) return {};
  return fmt::format("expected 1 to 128 letters, digits, '.', '_' or '-', found \"{}\"", text);
}

std::string CheckTls(const CoordinatorOptions& options) {
  const bool has_files = !options.certificate.empty() || !options.key.empty() || !options.client_ca.empty();
  const int ways = (options.plaintext ? 1 : 0) + (options.development_ca.empty() ? 0 : 1) + (has_files ? 1 : 0);
  if (ways != 1) {
    return "expected one of: --tls-cert, --tls-key and --tls-ca; --dev-ca DIR; --insecure-plaintext (loopback only)";
  }
  if (has_files && (options.certificate.empty() || options.key.empty() || options.client_ca.empty())) {
    return "--tls-cert, --tls-key and --tls-ca go together: the listeners' certificate, its key, and the authority of "
           "the "
           "agents' certificates";
  }
  if (options.plaintext && !(IsLoopback(options.agent_listen) && IsLoopback(options.client_listen))) {
    return fmt::format("--insecure-plaintext is for loopback addresses only, found {} and {}", options.agent_listen,
                       options.client_listen);
  }
  return {};
}

// What CLI11 cannot express. Empty if all is well.
std::string Check(CoordinatorOptions& options, const std::string& lease_time, const std::string& keep,
                  const std::string& keep_audit) {
  if (options.store.find("://") != std::string::npos && !IsPostgresUrl(options.store)) {
    return fmt::format("--store: expected a file, :memory: or postgres://USER@HOST/DATABASE, found \"{}\"",
                       options.store);
  }
  if (IsPostgresUrl(options.store) && options.state_directory.empty()) {
    return "--store postgres://…: --state-dir is missing, the directory of the secrets' key, which all replicas share";
  }
  if (options.advertise_agents.empty() != options.advertise_clients.empty()) {
    return "--advertise-agents and --advertise-clients go together";
  }
  const auto lease = ParseDuration(lease_time);
  if (!lease || *lease < absl::Seconds(1) || *lease > absl::Hours(1)) {
    return fmt::format("--lease-time: expected a duration from 1s to 1h, found \"{}\"", lease_time);
  }
  options.lease_time = *lease;
  const auto kept = ParseKeep(keep);
  if (!kept) return fmt::format("--keep: expected a duration such as 90d or 36h, or forever, found \"{}\"", keep);
  options.retention.keep = *kept;
  const auto audit_kept = ParseKeep(keep_audit);
  if (!audit_kept) {
    return fmt::format("--keep-audit: expected a duration such as 365d or 36h, or forever, found \"{}\"", keep_audit);
  }
  options.audit.keep = *audit_kept;
  return CheckTls(options);
}

}  // namespace

ParsedCommandLine ParseCommandLine(int argc, char** argv) {
  ParsedCommandLine parsed;
  CoordinatorOptions& options = parsed.options.coordinator;
  options.store = "wsfleet.db";
  std::string lease_time = "90s", keep = "90d", keep_audit = "365d", fleet = "default";

  CLI::App app("Places WebSocket scenarios on agents and gathers their results.", "wsfleet-coordinator");
  app.set_version_flag("--version", kVersion);
  app.add_option("--agent-listen", options.agent_listen, "Address for agents; port 0: any")->check(CheckAddress);
  app.add_option("--client-listen", options.client_listen, "Address for clients; port 0: any")->check(CheckAddress);
  app.add_option("--http-listen", parsed.options.http_listen,
                 "Address for probes and Prometheus: /livez, /readyz, /metrics in plain HTTP; port 0: any")
      ->check(monitoring::CheckListenAddress);
  app.add_option("--store", options.store,
                 "SQLite file (created if missing), :memory:, or postgres://USER@HOST/DATABASE");
  app.add_option("--advertise-agents", options.advertise_agents,
                 "host:port of this replica's agent listener, to which other replicas send agents of its fleets")
      ->check(CheckAddress);
  app.add_option("--advertise-clients", options.advertise_clients, "The same for its client listener")
      ->check(CheckAddress);
  app.add_option("--state-dir", options.state_directory, "Directory of the secrets' key (default: the store's)");
  app.add_option("--tls-cert", options.certificate, "PEM file: certificate of both listeners")
      ->check(CLI::ExistingFile);
  app.add_option("--tls-key", options.key, "PEM file: its private key")->check(CLI::ExistingFile);
  app.add_option("--tls-ca", options.client_ca, "PEM file: authority of the agents' certificates")
      ->check(CLI::ExistingFile);
  app.add_option("--dev-ca", options.development_ca, "Directory for an ephemeral authority; not for production");
  app.add_flag("--insecure-plaintext", options.plaintext, "No TLS; loopback addresses only");
  app.add_option("--client-token-file", options.client_token_file,
                 "File with a token that is admin of every fleet, to make others with")
      ->check(CLI::ExistingFile);
  app.add_option("--fleet", fleet, "Name of the fleet")->check(CheckFleetName);
  app.add_option("--lease-time", lease_time, "How long a silent agent keeps its shards");
  app.add_option("--max-attempts", options.max_attempts, "Leases of one shard before it is given up")
      ->check(CLI::Range(1u, 100u));
  app.add_option("--keep", keep, "How long runs are kept after their end, such as 90d or 36h; forever: always")
      ->capture_default_str();
  app.add_option("--keep-runs", options.retention.keep_runs,
                 "Of the runs of a fleet that have ended, at most so many are kept: the newest")
      ->check(CLI::Range(1u, 10'000'000u))
      ->capture_default_str();
  app.add_option("--keep-audit", keep_audit, "How long the audit log is kept, such as 365d; forever: always")
      ->capture_default_str();
  app.add_option("--evidence-file", options.logs.files,
                 "Log file, or folder of such, that suites may name under evidence.logs; repeatable");
  app.add_option("--evidence-loki", options.logs.urls, "Base URL of a Loki that suites may name; repeatable");
  app.add_option("--ready-file", parsed.options.ready_file, "Written when serving: the addresses, as JSON");
  app.add_option("--log-level", parsed.options.log_level, "trace, debug, info, warn, error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}));
  app.add_flag("--die-with-parent", parsed.options.die_with_parent, "End when the process that started this one ends");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 reports help and version by exceptions too; its own codes are not ours.
    parsed.exit_now = true;
    parsed.exit_code = app.exit(error) == 0 ? 0 : kUsageError;
    return parsed;
  }
  options.fleet = FleetName(fleet);
  if (const std::string problem = Check(options, lease_time, keep, keep_audit); !problem.empty()) {
    fmt::print(stderr, "wsfleet-coordinator: {}\n", problem);
    parsed.exit_now = true;
    parsed.exit_code = kUsageError;
  }
  return parsed;
}

}  // namespace wsfleet::coordinator
