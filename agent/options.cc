#include "agent/options.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"
#include "core/base/identifier.h"
#include "core/base/text.h"
#include "core/base/version.h"
#include "core/policy/loopback.h"
#include "fmt/format.h"
#include "monitoring/http_server.h"

namespace wsfleet::agent {
namespace {

constexpr int kUsageError = 2;
// Of a coordinator that was not told others.
constexpr int kAgentPort = 7420, kEnrolmentPort = 7423;

// What CLI11 has as text.
struct Unparsed {
  std::vector<std::string> labels;
  std::string drain_limit = "60s";
};

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string("agent");
}

std::string CheckIdentifier(const std::string& text) {
  if (IsIdentifier(text)) return {};
  return fmt::format("expected 1 to 128 letters, digits, '.', '_' or '-', found \"{}\"", text);
}

// gRPC would try port 443.
std::string CheckAddress(std::string_view option, const std::string& address, int usual_port) {
  const std::size_t colon = address.rfind(':');
  int port = 0;
  const char* const end = address.data() + address.size();
  if (colon != std::string::npos && colon > 0) {
    const auto [parsed, error] = std::from_chars(address.data() + colon + 1, end, port);
    if (error == std::errc() && parsed == end && port > 0 && port <= 65535) return {};
  }
  return fmt::format("{}: expected host:port (port {} unless the coordinator was told another), found \"{}\"", option,
                     usual_port, address);
}

std::string CheckAddresses(const CommandLine& options) {
  for (const std::string& address : options.coordinators) {
    if (std::string wrong = CheckAddress("--coordinator", address, kAgentPort); !wrong.empty()) return wrong;
    if (options.plaintext && !IsLoopback(address)) {
      return fmt::format("--insecure-plaintext is for loopback addresses only, found --coordinator {}", address);
    }
  }
  return options.enrol_address.empty() ? "" : CheckAddress("--enrol", options.enrol_address, kEnrolmentPort);
}

std::string CheckIdentity(const CommandLine& options) {
  if (options.identity_directory.empty()) {
    return options.enrol_address.empty() && options.join_token_file.empty()
               ? ""
               : "--enrol and --join-token-file need --identity-dir: where the agent keeps its key and its certificate";
  }
  if (options.plaintext) return "--identity-dir is of no use with --insecure-plaintext";
  if (!options.certificate_file.empty()) {
    return "--identity-dir and --cert exclude each other: either the agent gets its certificate itself, or it is given "
           "one";
  }
  if (options.enrol_address.empty() != options.join_token_file.empty()) {
    return "--enrol and --join-token-file go together: where the agent gets its first certificate, and what for";
  }
  return {};
}

// What CLI11 cannot express: options that depend on each other. Empty if all is well.
std::string Check(CommandLine& options, const Unparsed& given) {
  for (const std::string& label : given.labels) {
    const std::size_t equals = label.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return fmt::format("--label: expected name=value, found \"{}\"", label);
    }
    options.labels[label.substr(0, equals)] = label.substr(equals + 1);
  }
  const auto limit = ParseDuration(given.drain_limit);
  if (!limit)
    return fmt::format("--drain-limit: expected a duration with a unit such as 60s, found \"{}\"", given.drain_limit);
  options.drain_limit = *limit;
  if (std::string wrong = CheckAddresses(options); !wrong.empty()) return wrong;
  if (!options.plaintext && options.ca_file.empty()) {
    return "--ca is missing: the PEM file of the authority that signed the coordinator's certificate";
  }
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return "--cert and --key go together: the agent's certificate and its private key";
  }
  if (options.id.empty()) options.id = HostName();
  return CheckIdentity(options);
}

void AddIdentityFlags(CLI::App& app, CommandLine& options) {
  app.add_option("--identity-dir", options.identity_directory,
                 "Directory of this agent alone for its key and certificate, which it gets and renews itself")
      ->envname("WSFLEET_AGENT_IDENTITY_DIR");
  app.add_option("--enrol", options.enrol_address, "Enrolment listener of the coordinator, for the first certificate")
      ->envname("WSFLEET_AGENT_ENROL");
  app.add_option("--join-token-file", options.join_token_file, "File with the join token that lets this agent enrol")
      ->envname("WSFLEET_AGENT_JOIN_TOKEN_FILE");
}

void AddOptions(CLI::App& app, CommandLine& options, Unparsed& given) {
  app.description("Runs WebSocket scenarios in one region, as a coordinator assigns them.");
  app.name("wsfleet-agent");
  app.set_version_flag("--version", kVersion, "Print the version");
  app.add_option("--coordinator", options.coordinators,
                 "Agent listener of the coordinator, host:port; several, of its replicas, with commas between them")
      ->required()
      ->delimiter(',')
      ->envname("WSFLEET_AGENT_COORDINATOR");
  app.add_option("--ca", options.ca_file, "PEM file: authority of the coordinator's certificate")
      ->check(CLI::ExistingFile)
      ->envname("WSFLEET_AGENT_CA");
  app.add_option("--cert", options.certificate_file, "PEM file: the agent's certificate")->check(CLI::ExistingFile);
  app.add_option("--key", options.key_file, "PEM file: the agent's private key")->check(CLI::ExistingFile);
  AddIdentityFlags(app, options);
  app.add_option("--server-name", options.server_name, "Name in the coordinator's certificate, if not its host");
  app.add_flag("--insecure-plaintext", options.plaintext, "No TLS; loopback addresses only");
  app.add_option(
         "--id", options.id,
         "Name of this agent, unique in its fleet or, if its certificate names a pool, in that (default: the host's "
         "name)")
      ->check(CheckIdentifier)
      ->envname("WSFLEET_AGENT_ID");
  app.add_option("--region", options.region, "Region that this agent stands in, such as eu-west-1")
      ->required()
      ->check(CheckIdentifier)
      ->envname("WSFLEET_AGENT_REGION");
  app.add_option("--fleet", options.fleet, "Fleet")->check(CheckIdentifier)->envname("WSFLEET_AGENT_FLEET");
  app.add_option("--label", given.labels, "name=value, for `requires` and region terms; repeatable");
  app.add_option("--max-shards", options.max_shards, "Shards at once")->check(CLI::Range(1u, 1000u));
  app.add_option("--max-sessions", options.max_sessions, "Sessions at once")->check(CLI::Range(1u, 100'000u));
  app.add_option("--drain-limit", given.drain_limit,
                 "How long shards may go on in a drain, after SIGTERM or by an operator");
  app.add_option("--target-policy", options.target_policy_file,
                 "File that says which targets this agent may connect to, whatever its fleet's policy permits: as for "
                 "`wsfleet fleet policy set`, without limits and budgets")
      ->check(CLI::ExistingFile)
      ->envname("WSFLEET_AGENT_TARGET_POLICY");
  app.add_option("--name-servers", options.name_servers,
                 "Asked for targets' names instead of those of /etc/resolv.conf: 10.0.0.2:53,…");
  app.add_option("--secrets", options.secrets_file,
                 "YAML file: where the secrets are that this agent keeps for runs, and where they may be sent")
      ->check(CLI::ExistingFile)
      ->envname("WSFLEET_AGENT_SECRETS");
  app.add_option("--spool-dir", options.spool_directory,
                 "Directory of this agent alone, where results outlive its process until they are acknowledged")
      ->envname("WSFLEET_AGENT_SPOOL_DIR");
  app.add_option("--spool-mib", options.spool_mib, "Unacknowledged results at most, in MiB; beyond it no case begins")
      ->check(CLI::Range(1u, 4096u));
  app.add_option("--http-listen", options.http_listen,
                 "Address for probes and Prometheus: /livez, /readyz, /metrics in plain HTTP; port 0: any")
      ->check(monitoring::CheckListenAddress)
      ->envname("WSFLEET_AGENT_HTTP_LISTEN");
  app.add_option("--ready-file", options.ready_file, "File that appears when the first session begins");
  app.add_option("--log-level", options.log_level, "trace, debug, info, warn, error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}));
  app.add_flag("--die-with-parent", options.die_with_parent, "End when the process that started this one ends");
}

}  // namespace

void VisitOptions(const std::function<void(const CLI::App&)>& visit) {
  CommandLine options;
  Unparsed given;
  CLI::App app;
  AddOptions(app, options, given);
  visit(app);
}

ParsedCommandLine ParseCommandLine(int argc, char** argv) {
  ParsedCommandLine parsed;
  CommandLine& options = parsed.options;
  Unparsed given;
  CLI::App app;
  AddOptions(app, options, given);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 reports help and version by exceptions too; its own codes are not ours.
    parsed.exit_now = true;
    parsed.exit_code = app.exit(error) == 0 ? 0 : kUsageError;
    return parsed;
  }
  if (const std::string problem = Check(options, given); !problem.empty()) {
    fmt::print(stderr, "wsfleet-agent: {}\n", problem);
    parsed.exit_now = true;
    parsed.exit_code = kUsageError;
  }
  return parsed;
}

}  // namespace wsfleet::agent
