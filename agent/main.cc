#include <signal.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "agent/agent.h"
#include "agent/channel.h"
#include "agent/connection_advice.h"
#include "agent/credentials.h"
#include "agent/enrolment.h"
#include "agent/identity_lock.h"
#include "agent/machine.h"
#include "agent/options.h"
#include "agent/renewal.h"
#include "boost/asio/post.hpp"
#include "boost/asio/signal_set.hpp"
#include "core/base/text.h"
#include "core/policy/budget.h"
#include "core/policy/fleet_policy.h"
#include "fmt/format.h"
#include "monitoring/port.h"
#include "secrets/process_memory.h"
#include "secrets/secret_sources.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

namespace wsfleet::agent {
namespace {

// Whoever waits for the file sees it whole.
void WriteReadyFile(const std::string& path) {
  if (path.empty()) return;
  const std::string draft = path + ".part";
  std::ofstream(draft) << getpid() << '\n';
  if (std::rename(draft.c_str(), path.c_str()) != 0) spdlog::error("ready file not written path={}", path);
}

absl::StatusOr<Identity> OpenIdentity(const CommandLine& options) {
  auto identity = Identity::Open(options.identity_directory);
  if (!identity.ok()) return identity;
  const bool is_valid = identity->certificate() && absl::Now() < identity->certificate()->until;
  if (is_valid) return identity;
  if (options.enrol_address.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("{} holds no certificate that is valid now; expected --enrol and --join-token-file to get one",
                    options.identity_directory));
  }
  const CredentialFiles files{options.ca_file, "", "", options.server_name};
  const EnrolOrder order{options.join_token_file, options.id, FleetName(options.fleet), RegionName(options.region),
                         options.labels};
  const auto channel = OpenChannel(options.enrol_address, ReadCredentials(files));
  if (auto status = Enrol(channel, order, *identity); !status.ok()) return status;
  return identity;
}

// Read anew for each connection: whoever renews certificates replaces the files.
ChannelSecurity SecurityOf(const CommandLine& options, const std::optional<Identity>& identity) {
  if (options.plaintext) {
    ChannelSecurity none;
    none.plaintext = true;
    none.server_name = options.server_name;
    return none;
  }
  ChannelSecurity security =
      ReadCredentials({options.ca_file, options.certificate_file, options.key_file, options.server_name});
  return identity ? WithIdentity(std::move(security), *identity) : security;
}

// Null: none is wanted.
absl::StatusOr<std::unique_ptr<monitoring::Port>> StartPort(const std::string& address, monitoring::Metrics& metrics) {
  if (address.empty()) return nullptr;
  monitoring::Port::Settings settings;
  settings.address = address;
  auto port = monitoring::Port::Start(std::move(settings), metrics);
  if (port.ok()) spdlog::info("probes and metrics are served http_listen={}", (*port)->address());
  return port;
}

// Absent: the fleet's policy alone says whom it may connect to.
absl::StatusOr<std::optional<TargetPolicy>> OwnTargetPolicy(const std::string& path) {
  if (path.empty()) return std::nullopt;
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return absl::FailedPreconditionError(fmt::format("--target-policy {}: it cannot be read", path));
  auto policy = ReadFleetPolicy(path, text);
  if (!policy.ok()) return policy.status();
  if (policy->limits != FleetLimits()) {
    return absl::InvalidArgumentError(fmt::format(
        "--target-policy {}: limits are those of a fleet; an agent's own are --max-sessions and --max-shards", path));
  }
  if (!BudgetsOf(policy->targets).empty()) {
    return absl::InvalidArgumentError(fmt::format(
        "--target-policy {}: budgets are those of a fleet, whose coordinator gives each run its share of them", path));
  }
  return std::move(policy->targets);
}

AgentOptions ToAgentOptions(const CommandLine& options, const AgentId& id) {
  utsname machine{};
  uname(&machine);
  AgentOptions result;
  result.facts.id = id;
  result.facts.region = RegionName(options.region);
  result.facts.labels = options.labels;
  // What the operator says of the machine goes over what it says of itself.
  result.facts.labels.merge(MachineLabels());
  result.fleet = FleetName(options.fleet);
  result.vantage = machine.nodename;
  result.max_shards = options.max_shards;
  result.max_sessions = options.max_sessions;
  result.name_servers = options.name_servers;
  result.drain_limit = options.drain_limit;
  result.spool_directory = options.spool_directory;
  result.spool_bytes = std::size_t{options.spool_mib} << 20;
  return result;
}

// Null: none are kept.
absl::StatusOr<std::shared_ptr<const SecretSources>> OpenSecrets(const CommandLine& options) {
  if (options.secrets_file.empty()) return nullptr;
  auto secrets = SecretSources::Open(options.secrets_file, FleetsOfSecrets::kOptional);
  if (!secrets.ok()) return secrets.status();
  return std::make_shared<const SecretSources>(*std::move(secrets));
}

int Fail(const absl::Status& status) {
  fmt::print(stderr, "wsfleet-agent: {}\n", ToStd(status.message()));
  return 1;
}

void DrainOnSignal(boost::asio::signal_set& signals, Agent& agent, bool first) {
  signals.async_wait([&signals, &agent, first](const boost::system::error_code& error, int) {
    if (error) return;
    // Whoever asks twice wants it at once; the coordinator has the cases run elsewhere.
    if (!first) std::_Exit(1);
    agent.Drain();
    DrainOnSignal(signals, agent, false);
  });
}

void StartLog(const CommandLine& options) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("agent"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  spdlog::set_level(spdlog::level::from_str(options.log_level));
}

// Absent: its certificate, if any, is kept by somebody else.
absl::StatusOr<std::optional<Identity>> IdentityOf(const CommandLine& options) {
  if (options.identity_directory.empty()) return std::nullopt;
  auto identity = OpenIdentity(options);
  if (!identity.ok()) return identity.status();
  return *std::move(identity);
}

absl::StatusOr<AgentId> IdOf(const CommandLine& options, const std::optional<Identity>& identity) {
  const ChannelSecurity security = SecurityOf(options, identity);
  if (security.certificate.empty()) return AgentId(options.id);
  return AgentIdFor(security.certificate, FleetName(options.fleet), RegionName(options.region), options.id);
}

int Serve(const CommandLine& options, std::optional<Identity>& identity, AgentOptions settings,
          monitoring::Port* port) {
  boost::asio::io_context strand(1);
  auto work = boost::asio::make_work_guard(strand);
  int exit_code = 0;
  std::optional<Renewal> renewal;
  const auto dial = [&](const std::string& address) { return OpenChannel(address, SecurityOf(options, identity)); };
  settings.advice = [&](const absl::Status& status) {
    return AdviceOn(status, SecurityOf(options, identity), absl::Now());
  };
  Agent agent(strand, std::move(settings), Endpoints(options.coordinators, dial),
              Agent::Handlers{
                  .on_session = [&] { WriteReadyFile(options.ready_file); },
                  .on_stopped =
                      [&](int code) {
                        exit_code = code;
                        renewal ? renewal->Stop([&] { strand.stop(); }) : strand.stop();
                      },
              });
  if (identity) {
    renewal.emplace(
        strand, *identity, [&] { return dial(agent.coordinator()); },
        Renewal::Handlers{
            .on_renewed = [&] { agent.OnNewCertificate(); },
            .on_lost = [&](const absl::Status& why) { agent.OnCertificateLost(why); },
        });
  }

  boost::asio::signal_set signals(strand, SIGTERM, SIGINT);
  DrainOnSignal(signals, agent, true);

  if (const absl::Status status = agent.Start(); !status.ok()) return Fail(status);
  if (renewal) renewal->Start();
  if (port != nullptr) {
    port->Attach([&](const std::function<void(std::vector<std::string>)>& answer) {
      boost::asio::post(strand, [&agent, answer] { answer(agent.Report()); });
    });
  }
  strand.run();
  if (port != nullptr) port->Detach("it is ending");
  return exit_code;
}

int Run(const CommandLine& options) {
  // The pid may change between the parent's death and this call; then there is nobody to live for either.
  if (options.die_with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);
  KeepMemoryToItself();
  StartLog(options);
  // Before there are threads: it takes values out of the environment.
  auto secrets = OpenSecrets(options);
  if (!secrets.ok()) return Fail(secrets.status());
  monitoring::Metrics metrics(monitoring::Program::kAgent);
  // First: to enrol may take its time, and whoever probes is to see a process that lives.
  const auto port = StartPort(options.http_listen, metrics);
  if (!port.ok()) return Fail(port.status());
  std::unique_ptr<IdentityLock> lock;
  if (!options.identity_directory.empty()) {
    auto taken = IdentityLock::Take(options.identity_directory);
    if (!taken.ok()) return Fail(taken.status());
    lock = *std::move(taken);
  }
  auto identity = IdentityOf(options);
  if (!identity.ok()) return Fail(identity.status());
  const auto id = IdOf(options, *identity);
  if (!id.ok()) return Fail(id.status());
  auto target_policy = OwnTargetPolicy(options.target_policy_file);
  if (!target_policy.ok()) return Fail(target_policy.status());
  AgentOptions settings = ToAgentOptions(options, *id);
  settings.target_policy = *std::move(target_policy);
  settings.metrics = &metrics;
  settings.secrets = *std::move(secrets);
  return Serve(options, *identity, std::move(settings), port->get());
}

}  // namespace
}  // namespace wsfleet::agent

int main(int argc, char** argv) {
  const auto parsed = wsfleet::agent::ParseCommandLine(argc, argv);
  return parsed.exit_now ? parsed.exit_code : wsfleet::agent::Run(parsed.options);
}
