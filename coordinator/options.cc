#include "coordinator/options.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "CLI/CLI.hpp"
#include "coordinator/open_store.h"
#include "core/base/identifier.h"
#include "core/base/text.h"
#include "core/base/version.h"
#include "core/policy/fleet_policy.h"
#include "core/policy/loopback.h"
#include "fmt/format.h"
#include "monitoring/http_server.h"

namespace wsfleet::coordinator {
namespace {

constexpr int kUsageError = 2;
// The shortest is for tests: nobody can look at a run that is gone as soon as it ends.
constexpr absl::Duration kShortestKeep = absl::Seconds(1);
constexpr absl::Duration kLongestKeep = absl::Hours(24 * 365 * 100);
constexpr absl::Duration kShortestLife = absl::Seconds(5);
constexpr absl::Duration kLongestLife = absl::Hours(24 * 90);

// What CLI11 has as text.
struct Unparsed {
  std::string fleet = "default";
  std::string lease_time = "90s", keep = "90d", keep_audit = "365d", certificate_life = "24h", tls_reload = "10s";
};

std::optional<absl::Duration> Within(std::optional<absl::Duration> found, absl::Duration shortest,
                                     absl::Duration longest) {
  return found && *found >= shortest && *found <= longest ? found : std::nullopt;
}

// "90d", "36h", "forever".
std::optional<absl::Duration> ParseKeep(const std::string& text) {
  if (text == "forever") return absl::InfiniteDuration();
  return Within(ParseLongDuration(text), kShortestKeep, kLongestKeep);
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

std::string CheckOwnCa(const CoordinatorOptions& options) {
  if (!options.own_ca) {
    if (!options.enrol_listen.empty()) return "--enrol-listen needs --own-ca: the authority that signs for agents";
    return options.server_names.empty() ? "" : "--tls-name is for the certificate that --own-ca makes";
  }
  if (!options.client_ca.empty()) {
    return "--tls-ca does not go with --own-ca, which is the authority of the agents' certificates itself";
  }
  if (options.certificate.empty() != options.key.empty()) return "--tls-cert and --tls-key go together";
  if (!options.certificate.empty() && !options.server_names.empty()) {
    return "--tls-name is for the certificate that --own-ca makes, not for that of --tls-cert";
  }
  if (options.store == ":memory:" && options.state_directory.empty()) {
    return "--own-ca with --store :memory: needs --state-dir, the directory of the authority's key";
  }
  if (!options.enrol_listen.empty() && options.client_token_file.empty() && options.oidc_file.empty()) {
    return "--enrol-listen needs --client-token-file or --oidc: whoever may create join tokens decides who is an agent";
  }
  return {};
}

std::string CheckTls(const CoordinatorOptions& options) {
  const bool has_files = !options.certificate.empty() || !options.key.empty() || !options.client_ca.empty();
  const bool files_alone = has_files && !options.own_ca;
  const int ways = (options.plaintext ? 1 : 0) + (options.development_ca.empty() ? 0 : 1) + (files_alone ? 1 : 0) +
                   (options.own_ca ? 1 : 0);
  if (ways != 1) {
    return "expected one of: --own-ca; --tls-cert, --tls-key and --tls-ca; --dev-ca DIR; --insecure-plaintext "
           "(loopback "
           "only)";
  }
  if (files_alone && (options.certificate.empty() || options.key.empty() || options.client_ca.empty())) {
    return "--tls-cert, --tls-key and --tls-ca go together: the listeners' certificate, its key, and the authority of "
           "the agents' certificates";
  }
  if (options.plaintext && !(IsLoopback(options.agent_listen) && IsLoopback(options.client_listen))) {
    return fmt::format("--insecure-plaintext is for loopback addresses only, found {} and {}", options.agent_listen,
                       options.client_listen);
  }
  return CheckOwnCa(options);
}

std::string CheckDurations(CoordinatorOptions& options, const Unparsed& given) {
  const auto lease = Within(ParseDuration(given.lease_time), absl::Seconds(1), absl::Hours(1));
  if (!lease) return fmt::format("--lease-time: expected a duration from 1s to 1h, found \"{}\"", given.lease_time);
  options.lease_time = *lease;
  const auto kept = ParseKeep(given.keep);
  if (!kept) return fmt::format("--keep: expected a duration such as 90d or 36h, or forever, found \"{}\"", given.keep);
  options.retention.keep = *kept;
  const auto audit_kept = ParseKeep(given.keep_audit);
  if (!audit_kept) {
    return fmt::format("--keep-audit: expected a duration such as 365d or 36h, or forever, found \"{}\"",
                       given.keep_audit);
  }
  options.audit.keep = *audit_kept;
  const auto life = Within(ParseLongDuration(given.certificate_life), kShortestLife, kLongestLife);
  if (!life) {
    return fmt::format("--agent-cert-life: expected a duration from 5s to 90d, found \"{}\"", given.certificate_life);
  }
  options.agent_certificate_life = *life;
  const auto reload = Within(ParseDuration(given.tls_reload), absl::Seconds(1), absl::Hours(1));
  if (!reload) return fmt::format("--tls-reload: expected a duration from 1s to 1h, found \"{}\"", given.tls_reload);
  options.tls_reload = *reload;
  return {};
}

// What CLI11 cannot express. Empty if all is well.
std::string Check(CoordinatorOptions& options, const Unparsed& given) {
  if (const absl::Status store = CheckStoreName(options.store); !store.ok()) {
    return fmt::format("--store: {}", ToStd(store.message()));
  }
  if (IsPostgresUrl(options.store) && options.state_directory.empty()) {
    return "--store postgres://…: --state-dir is missing, the directory of the secrets' key, which all replicas share";
  }
  if (options.advertise_agents.empty() != options.advertise_clients.empty()) {
    return "--advertise-agents and --advertise-clients go together";
  }
  if (const std::string problem = CheckDurations(options, given); !problem.empty()) return problem;
  return CheckTls(options);
}

void AddTlsFlags(CLI::App& app, CoordinatorOptions& options, Unparsed& given) {
  app.add_flag(
      "--own-ca", options.own_ca,
      "An authority in --state-dir signs the agents' certificates, and the listeners' unless --tls-cert is given");
  app.add_option("--tls-name", options.server_names,
                 "Host or address in the certificate that --own-ca makes for the listeners; repeatable (default: "
                 "loopback and the host's name)");
  app.add_option("--enrol-listen", options.enrol_listen,
                 "Address where agents with a join token get their certificate; port 0: any")
      ->check(CheckAddress);
  app.add_option(
         "--agent-cert-life", given.certificate_life,
         "How long an agent's certificate is valid; agents renew it when half of that is over, or, if it is more "
         "than 2d, before two thirds are")
      ->capture_default_str();
  app.add_option("--tls-cert", options.certificate, "PEM file: certificate of the listeners")->check(CLI::ExistingFile);
  app.add_option("--tls-key", options.key, "PEM file: its private key")->check(CLI::ExistingFile);
  app.add_option("--tls-ca", options.client_ca, "PEM file: authority of the agents' certificates")
      ->check(CLI::ExistingFile);
  app.add_option("--tls-reload", given.tls_reload, "How often these files are looked at")->capture_default_str();
  app.add_flag("--insecure-unnamed-agents", options.unnamed_agents,
               "With --tls-ca: any certificate of it is enough, also one that names no agent");
  app.add_option("--dev-ca", options.development_ca, "Directory for an ephemeral authority; not for production");
  app.add_flag("--insecure-plaintext", options.plaintext, "No TLS; loopback addresses only");
}

// `wsfleet-coordinator ca STEP --state-dir DIR`.
void AddAuthoritySteps(CLI::App& app, ParsedCommandLine& parsed) {
  CLI::App* authority = app.add_subcommand("ca", "The authority of --own-ca: show it, or take a step of its rotation");
  authority->require_subcommand(1);
  for (const auto& [step, text] :
       {std::pair{"show", "The roots that there are"},
        {"add", "First step: a new root is trusted, and issues nothing yet"},
        {"issue", "Second step: the new root issues; the old one is still trusted"},
        {"drop", "Last step: the root that does not issue is trusted no more"},
        {"replace", "Instead, if a key may be known to others: a new root, trusted alone"}}) {
    CLI::App* command = authority->add_subcommand(step, text);
    command->add_option("--state-dir", parsed.options.coordinator.state_directory, "That of the coordinator")
        ->required();
    command->callback([&parsed, name = std::string(step)] { parsed.options.authority_step = name; });
  }
}

std::string ReadPolicyFile(const std::string& path, CoordinatorOptions& options) {
  if (path.empty()) return {};
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return fmt::format("--fleet-policy {}: it cannot be read", path);
  auto policy = ReadFleetPolicy(path, text);
  if (!policy.ok()) return std::string(ToStd(policy.status().message()));
  options.policy = *std::move(policy);
  return {};
}

void AddOptions(CLI::App& app, ParsedCommandLine& parsed, Unparsed& given) {
  CoordinatorOptions& options = parsed.options.coordinator;
  options.store = "wsfleet.db";
  app.description("Places WebSocket scenarios on agents and gathers their results.");
  app.name("wsfleet-coordinator");
  app.set_version_flag("--version", kVersion, "Print the version");
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
  app.add_option("--state-dir", options.state_directory,
                 "Directory of the secrets' key and the own authority (default: the store's)");
  AddTlsFlags(app, options, given);
  app.add_option("--client-token-file", options.client_token_file,
                 "File with a token that is admin of every fleet, to make others with")
      ->check(CLI::ExistingFile);
  app.add_option("--secrets", parsed.options.secrets_file,
                 "YAML file: where the secrets are that runs get without their submitters, who may use them, and where "
                 "they may be sent")
      ->check(CLI::ExistingFile);
  app.add_option("--oidc", options.oidc_file,
                 "YAML file of OpenID Connect issuers whose tokens are taken besides, and what their groups may do")
      ->check(CLI::ExistingFile);
  app.add_option("--fleet", given.fleet, "Name of the fleet")->check(CheckFleetName);
  app.add_option(
         "--fleet-policy", parsed.options.policy_file,
         "File of the policy of fleets that were given none: which targets runs may connect to. Without it any, if "
         "all listeners are on loopback; otherwise none")
      ->check(CLI::ExistingFile);
  app.add_option("--lease-time", given.lease_time, "How long a silent agent keeps its shards");
  app.add_option("--max-attempts", options.max_attempts, "Leases of one shard before it is given up")
      ->check(CLI::Range(1u, 100u));
  app.add_option("--keep", given.keep, "How long runs are kept after their end, such as 90d or 36h; forever: always")
      ->capture_default_str();
  app.add_option("--keep-runs", options.retention.keep_runs,
                 "Of the runs of a fleet that have ended, at most so many are kept: the newest")
      ->check(CLI::Range(1u, 10'000'000u))
      ->capture_default_str();
  app.add_option("--keep-audit", given.keep_audit, "How long the audit log is kept, such as 365d; forever: always")
      ->capture_default_str();
  app.add_option("--evidence-file", options.logs.files,
                 "Log file, or folder of such, that suites may name under evidence.logs; repeatable");
  app.add_option("--evidence-loki", options.logs.urls, "Base URL of a Loki that suites may name; repeatable");
  app.add_option("--ready-file", parsed.options.ready_file, "Written when serving: the addresses, as JSON");
  app.add_option("--log-level", parsed.options.log_level, "trace, debug, info, warn, error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}));
  app.add_flag("--die-with-parent", parsed.options.die_with_parent, "End when the process that started this one ends");

  AddAuthoritySteps(app, parsed);
}

}  // namespace

void VisitOptions(const std::function<void(const CLI::App&)>& visit) {
  ParsedCommandLine parsed;
  Unparsed given;
  CLI::App app;
  AddOptions(app, parsed, given);
  visit(app);
}

ParsedCommandLine ParseCommandLine(int argc, char** argv) {
  ParsedCommandLine parsed;
  CoordinatorOptions& options = parsed.options.coordinator;
  Unparsed given;
  CLI::App app;
  AddOptions(app, parsed, given);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 reports help and version by exceptions too; its own codes are not ours.
    parsed.exit_now = true;
    parsed.exit_code = app.exit(error) == 0 ? 0 : kUsageError;
    return parsed;
  }
  options.fleet = FleetName(given.fleet);
  if (!parsed.options.authority_step.empty()) return parsed;
  std::string problem = Check(options, given);
  if (problem.empty()) problem = ReadPolicyFile(parsed.options.policy_file, options);
  if (!problem.empty()) {
    fmt::print(stderr, "wsfleet-coordinator: {}\n", problem);
    parsed.exit_now = true;
    parsed.exit_code = kUsageError;
  }
  return parsed;
}

}  // namespace wsfleet::coordinator
