#include "tests/support/real_fleet.h"

#include <signal.h>

#include <charconv>
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

}  // namespace

std::string Binary(const std::string& name) { return std::string(WSFLEET_BIN_DIR) + "/" + name; }

RealFleet::RealFleet(Settings settings) : settings_(std::move(settings)) { StartCoordinator(); }

void RealFleet::StartCoordinator() {
  const std::string ready = File("ready.json");
  std::filesystem::remove(ready);
  Command command;
  command.arguments = {Binary("wsfleet-coordinator"),
                       "--agent-listen",
                       agent_address_,
                       "--client-listen",
                       client_address_,
                       "--store",
                       File("fleet.db"),
                       "--state-dir",
                       File("state"),
                       "--dev-ca",
                       File("ca"),
                       "--ready-file",
                       ready,
                       "--lease-time",
                       settings_.lease_time};
  command.arguments.insert(command.arguments.end(), settings_.coordinator_flags.begin(),
                           settings_.coordinator_flags.end());
  coordinator_ = std::make_unique<ChildProcess>(command);
  const bool serves =
      WaitUntil([&] { return std::filesystem::exists(ready) || !coordinator_->running(); }) && coordinator_->running();
  if (!serves) throw std::runtime_error("the coordinator does not serve:\n" + coordinator_->err());
  const boost::json::value addresses = boost::json::parse(ReadWholeFile(ready));
  agent_address_ = std::string(addresses.at("agent").as_string());
  client_address_ = std::string(addresses.at("client").as_string());
}

void RealFleet::KillCoordinator() {
  coordinator_->Signal(SIGKILL);
  coordinator_->Wait(absl::Seconds(10));
}

void RealFleet::StartAgent(const std::string& id, const std::string& region, std::vector<std::string> flags) {
  StartAgentBehind({}, id, region, std::move(flags));
}

void RealFleet::StartAgentBehind(std::vector<std::string> program, const std::string& id, const std::string& region,
                                 std::vector<std::string> flags) {
  std::vector<std::string> arguments = {Binary("wsfleet-agent"),
                                        "--coordinator",
                                        agent_address_,
                                        "--ca",
                                        File("ca/ca.pem"),
                                        "--cert",
                                        File("ca/agent.pem"),
                                        "--key",
                                        File("ca/agent.key"),
                                        "--id",
                                        id,
                                        "--region",
                                        region};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  Command command;
  command.arguments = std::move(program);
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
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

Command RealFleet::Client(std::vector<std::string> arguments) const {
  Command command;
  command.arguments = std::move(arguments);
  command.arguments.insert(command.arguments.begin(), Binary("wsfleet"));
  command.environment = {{"WSFLEET_COORDINATOR", client_address_},        {"WSFLEET_CA", File("ca/ca.pem")},
                         {"WSFLEET_TOKEN_FILE", File("ca/token")},        {"JWT_KEY", kDemoKey},
                         {"XDG_CONFIG_HOME", directory_.path().string()}, {"NO_COLOR", "1"}};
  command.working_directory = directory_.path().string();
  return command;
}

Finished RealFleet::Run(std::vector<std::string> arguments, absl::Duration limit) const {
  return RunCommand(Client(std::move(arguments)), limit);
}

TargetServer::TargetServer(Command command) {
  const std::string port_file = (directory_.path() / "port").string();
  for (std::string& argument : command.arguments) {
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
                       "127.0.0.1:0",
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
