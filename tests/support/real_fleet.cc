#include "tests/support/real_fleet.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <utility>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "fmt/format.h"

namespace wsfleet::testing {
namespace {

void ReplaceAll(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// A port that nobody listens on at the moment; below those that the kernel gives to outgoing connections (32768 and
// up), one of which may take it in between or have left it a moment ago.
int FreePort() {
  static std::mt19937 random{std::random_device{}()};
  for (int tries = 0; tries < 100; ++tries) {
    const int port = std::uniform_int_distribution<int>(10'000, 32'000)(random);
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool bound = bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    close(descriptor);
    if (bound) return port;
  }
  throw std::runtime_error("no port is free");
}

}  // namespace

std::string Binary(const std::string& name) { return std::string(WSFLEET_BIN_DIR) + "/" + name; }
std::string FailingCoordinator() { return std::string(WSFLEET_TESTS_DIR) + "/failing_coordinator"; }
std::string FailingDisk() { return std::string(WSFLEET_TESTS_DIR) + "/failing_disk.so"; }
std::string FatalRequest() { return std::string(WSFLEET_TESTS_DIR) + "/fatal_request.so"; }

std::string RealFleet::store() const {
  return settings_.postgres_url.empty() ? File(settings_.store_file) : settings_.postgres_url;
}

RealFleet::RealFleet(Settings settings) : settings_(std::move(settings)), coordinators_(settings_.replicas) {
  for (Coordinator& coordinator : coordinators_) coordinator.agent_address = settings_.agent_host + ":0";
  if (settings_.replicas > 1) {
    // Others must know where it will be before it is there.
    for (Coordinator& coordinator : coordinators_) {
      coordinator.agent_address = "127.0.0.1:" + std::to_string(FreePort());
      coordinator.client_address = "127.0.0.1:" + std::to_string(FreePort());
    }
  }
  if (settings_.postgres_url.empty()) std::filesystem::create_directories(std::filesystem::path(store()).parent_path());
  if (settings_.own_ca) {
    std::filesystem::permissions(directory_.Write("token", "a-token-of-this-test"), std::filesystem::perms::owner_read);
  }
  for (std::size_t replica = 0; replica < settings_.replicas; ++replica) StartCoordinator(replica);
}

Command RealFleet::CommandOf(const Program& program, const std::vector<std::string>& arguments) const {
  Command command;
  command.arguments = program.behind;
  command.arguments.push_back(program.name.starts_with('/') ? program.name : Binary(program.name));
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.environment = program.environment;
  const std::string directory = directory_.path().string();
  for (std::string& argument : command.arguments) ReplaceAll(argument, "{directory}", directory);
  for (auto& [name, value] : command.environment) ReplaceAll(value, "{directory}", directory);
  return command;
}

std::vector<std::string> RealFleet::SecurityFlags(const Coordinator& coordinator) const {
  if (settings_.plaintext) return {"--insecure-plaintext"};
  if (!settings_.own_ca) return {"--dev-ca", File("ca")};
  return {"--own-ca", "--enrol-listen", coordinator.enrol_address, "--client-token-file", File("token"), "--tls-reload",
          "1s"};
}

Command RealFleet::CoordinatorOf(const Coordinator& coordinator, const std::string& ready) const {
  std::vector<std::string> arguments = {"--agent-listen",  coordinator.agent_address,
                                        "--client-listen", coordinator.client_address,
                                        "--store",         store(),
                                        "--state-dir",     File("state"),
                                        "--ready-file",    ready,
                                        "--lease-time",    settings_.lease_time};
  // On loopback that is how it is without one.
  std::string policy = settings_.policy;
  if (policy.empty() && settings_.agent_host != "127.0.0.1") policy = "version: wsfleet/v1\ntargets: any\n";
  if (!policy.empty()) arguments.insert(arguments.end(), {"--fleet-policy", directory_.Write("policy.yaml", policy)});
  const std::vector<std::string> security = SecurityFlags(coordinator);
  arguments.insert(arguments.end(), security.begin(), security.end());
  if (settings_.replicas > 1) {
    const std::vector<std::string> advertise = {"--advertise-agents", coordinator.agent_address, "--advertise-clients",
                                                coordinator.client_address};
    arguments.insert(arguments.end(), advertise.begin(), advertise.end());
  }
  arguments.insert(arguments.end(), settings_.coordinator_flags.begin(), settings_.coordinator_flags.end());
  return BesideCoordinators(CommandOf(settings_.coordinator, arguments));
}

Command RealFleet::OneMoreCoordinator() const {
  Coordinator coordinator;
  coordinator.agent_address = coordinators_.front().agent_address;
  return CoordinatorOf(coordinator, File("ready-one-more.json"));
}

void RealFleet::StartCoordinator(std::size_t replica) {
  Coordinator& coordinator = coordinators_.at(replica);
  const std::string ready = File("ready-" + std::to_string(replica) + ".json");
  std::filesystem::remove(ready);
  coordinator.process = std::make_unique<ChildProcess>(CoordinatorOf(coordinator, ready));
  ChildProcess& process = *coordinator.process;
  const bool serves =
      WaitUntil([&] { return std::filesystem::exists(ready) || !process.running(); }) && process.running();
  if (!serves) throw std::runtime_error("the coordinator does not serve:\n" + process.err());
  const boost::json::value addresses = boost::json::parse(ReadWholeFile(ready));
  coordinator.agent_address = std::string(addresses.at("agent").as_string());
  coordinator.client_address = std::string(addresses.at("client").as_string());
  if (settings_.own_ca) coordinator.enrol_address = std::string(addresses.at("enrol").as_string());
}

void RealFleet::KillCoordinator(std::size_t replica) {
  coordinator(replica).Signal(SIGKILL);
  coordinator(replica).Wait(absl::Seconds(10));
}

std::optional<std::size_t> RealFleet::Owner() {
  for (std::size_t replica = 0; replica < coordinators_.size(); ++replica) {
    if (coordinators_[replica].process == nullptr || !coordinators_[replica].process->running()) continue;
    const std::string log = coordinators_[replica].process->err();
    const std::size_t owned = log.rfind("fleet owned");
    const std::size_t given_up = log.rfind("fleet given up");
    if (owned != std::string::npos && (given_up == std::string::npos || given_up < owned)) return replica;
  }
  return std::nullopt;
}

std::string RealFleet::agent_addresses() const {
  std::string all;
  for (const Coordinator& coordinator : coordinators_) all += (all.empty() ? "" : ",") + coordinator.agent_address;
  return all;
}

std::string RealFleet::client_addresses() const {
  std::string all;
  for (const Coordinator& coordinator : coordinators_) all += (all.empty() ? "" : ",") + coordinator.client_address;
  return all;
}

Command RealFleet::BesideCoordinators(Command command) const {
  command.arguments.insert(command.arguments.begin(), settings_.behind.begin(), settings_.behind.end());
  return command;
}

Command RealFleet::Agent(const std::string& id, const std::string& region, const std::vector<std::string>& flags,
                         const std::string& coordinator) const {
  std::vector<std::string> arguments = {"--coordinator", coordinator.empty() ? agent_addresses() : coordinator,
                                        "--ca",          File("ca/ca.pem"),
                                        "--cert",        File("ca/agent.pem"),
                                        "--key",         File("ca/agent.key"),
                                        "--id",          id,
                                        "--region",      region};
  // The certificate is for loopback addresses and this name.
  if (settings_.agent_host != "127.0.0.1") arguments.insert(arguments.end(), {"--server-name", "localhost"});
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return CommandOf(settings_.agent, arguments);
}

Command RealFleet::EnrollingAgent(const std::string& id, const std::string& region, const std::string& join_token,
                                  const std::vector<std::string>& flags) const {
  std::vector<std::string> arguments = {"--coordinator",
                                        agent_addresses(),
                                        "--ca",
                                        File("state/ca/trust.pem"),
                                        "--enrol",
                                        coordinators_.front().enrol_address,
                                        "--join-token-file",
                                        directory_.Write("join-token-" + id, join_token),
                                        "--identity-dir",
                                        File("identity-" + id),
                                        "--id",
                                        id,
                                        "--region",
                                        region};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return CommandOf(settings_.agent, arguments);
}

void RealFleet::StartAgentIn(const Surroundings& surroundings, const std::string& id, const std::string& region,
                             const std::vector<std::string>& flags) {
  Command command = Agent(id, region, flags, surroundings.coordinator);
  command.arguments.insert(command.arguments.begin(), surroundings.behind.begin(), surroundings.behind.end());
  agents_[id] = std::make_unique<ChildProcess>(command);
  ChildProcess& process = *agents_[id];
  const bool connected =
      WaitUntil([&] { return process.err().find("session begins") != std::string::npos || !process.running(); }) &&
      process.running();
  if (!connected) throw std::runtime_error("agent " + id + " has no session:\n" + process.err());
}

void RealFleet::KillAgent(const std::string& id) {
  agents_.at(id)->Signal(SIGKILL);
  agents_.at(id)->Wait(absl::Seconds(10));
}

Command RealFleet::Client(const std::vector<std::string>& arguments) const {
  Command command = CommandOf(settings_.client, arguments);
  command.environment.merge(
      std::map<std::string, std::string>{{"WSFLEET_COORDINATOR", client_addresses()},
                                         {"WSFLEET_CA", File(settings_.own_ca ? "state/ca/trust.pem" : "ca/ca.pem")},
                                         {"WSFLEET_TOKEN_FILE", File(settings_.own_ca ? "token" : "ca/token")},
                                         {"JWT_KEY", kDemoKey},
                                         {"XDG_CONFIG_HOME", directory_.path().string()},
                                         {"NO_COLOR", "1"}});
  command.working_directory = directory_.path().string();
  return BesideCoordinators(std::move(command));
}

Finished RealFleet::Run(const std::vector<std::string>& arguments, absl::Duration limit) const {
  return RunCommand(Client(arguments), limit);
}

TargetServer::TargetServer(Command command, std::string host) : host_(std::move(host)) {
  const std::string port_file = (directory_.path() / "port").string();
  for (std::string& argument : command.arguments) {
    ReplaceAll(argument, "{host}", host_);
    ReplaceAll(argument, "{port-file}", port_file);
    ReplaceAll(argument, "{access-log}", (directory_.path() / "access.log").string());
  }
  process_ = std::make_unique<ChildProcess>(command);
  const auto read_port = [&] {
    const std::string text = ReadWholeFile(port_file);
    if (text.empty() || text.back() != '\n') return !process_->running();
    std::from_chars(text.data(), text.data() + text.size(), port_);
    return port_ != 0 || !process_->running();
  };
  if (!WaitUntil(read_port) || port_ == 0) {
    throw std::runtime_error("the target does not serve:\n" + process_->out() + process_->err());
  }
}

Command DemoTarget(const std::vector<std::string>& faults) {
  Command command;
  command.arguments = {Binary("wsfleet-demo-target"),
                       "--listen",
                       "{host}:0",
                       "--port-file",
                       "{port-file}",
                       "--access-log",
                       "{access-log}"};
  for (const std::string& fault : faults) {
    command.arguments.push_back("--fault");
    command.arguments.push_back(fault);
  }
  return command;
}

}  // namespace wsfleet::testing
