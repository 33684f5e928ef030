#include "tests/support/test_network.h"

#include <unistd.h>

#include <exception>
#include <stdexcept>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace wsfleet::testing {
namespace {

constexpr std::size_t kMaxPlaces = 200;  // one octet of their addresses

// Not everybody has those of administrators in their path.
const std::map<std::string, std::string> kEnvironment{{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};

// Who is not root makes its networks in a user namespace of its own, where it is.
bool IsRoot() { return geteuid() == 0; }

std::string NamespaceOf(const ChildProcess& holder, const char* kind) {
  return fmt::format("/proc/{}/ns/{}", holder.pid(), kind);
}

std::string Ruleset(const TestNetwork::Rules& rules) {
  std::string text = "flush ruleset\ntable inet fault {\n";
  const auto add = [&](const char* hook, const std::vector<std::string>& statements) {
    text += fmt::format("chain {0} {{\ntype filter hook {0} priority 0\n", hook);
    for (const std::string& statement : statements) text += statement + "\n";
    text += "}\n";
  };
  add("output", rules.leaving);
  add("input", rules.arriving);
  return text + "}\n";
}

}  // namespace

const std::string& TestNetwork::WhyNot() {
  static const std::string kWhy = [] {
    try {
      TestNetwork network;
      network.SetRules("place", {.leaving = {"tcp dport 1 reject with tcp reset"}, .arriving = {"tcp sport 1 drop"}});
      return std::string();
    } catch (const std::exception& error) {
      return fmt::format("needs root, or user namespaces: network namespaces ({})", error.what());
    }
  }();
  return kWhy;
}

TestNetwork::TestNetwork() {
  middle_ = Hold();
  RunInMiddle({"ip", "link", "set", "lo", "up"});
  RunInMiddle({"ip", "address", "add", fmt::format("{}/32", kMiddle), "dev", "lo"});
}

ChildProcess& TestNetwork::Find(const std::string& place) {
  std::unique_ptr<ChildProcess>& holder = places_[place];
  if (holder != nullptr) return *holder;
  const std::size_t number = places_.size();
  if (number > kMaxPlaces) throw std::runtime_error(fmt::format("a test network has {} places at most", kMaxPlaces));
  holder = Hold();
  const std::string link = fmt::format("to-{}", number);
  RunInMiddle(
      {"ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", std::to_string(holder->pid())});
  RunInMiddle({"ip", "address", "add", fmt::format("10.0.{}.1/24", number), "dev", link});
  RunInMiddle({"ip", "link", "set", link, "up"});
  Run(*holder, {"ip", "link", "set", "lo", "up"});
  Run(*holder, {"ip", "address", "add", fmt::format("10.0.{}.2/24", number), "dev", "eth0"});
  Run(*holder, {"ip", "link", "set", "eth0", "up"});
  Run(*holder, {"ip", "route", "add", "default", "via", fmt::format("10.0.{}.1", number)});
  return *holder;
}

void TestNetwork::SetRules(const std::string& place, const Rules& rules) { RunIn(place, {"nft", Ruleset(rules)}); }

std::unique_ptr<ChildProcess> TestNetwork::Hold() const {
  Command command;
  if (IsRoot()) {
    command.arguments = {"unshare", "--net"};
  } else if (middle_ == nullptr) {
    command.arguments = {"unshare", "--user", "--map-root-user", "--net"};
  } else {
    command.arguments = IntoUser();
    command.arguments.insert(command.arguments.end(), {"--", "unshare", "--net"});
  }
  command.arguments.insert(command.arguments.end(), {"sleep", "infinity"});
  command.environment = kEnvironment;
  auto holder = std::make_unique<ChildProcess>(command);
  // It is there when the last program of the chain runs.
  const std::string name = fmt::format("/proc/{}/comm", holder->pid());
  const bool holds = WaitUntil([&] { return !holder->running() || ReadWholeFile(name) == "sleep\n"; });
  if (!holds || !holder->running()) throw std::runtime_error("no network namespace: " + holder->err());
  return holder;
}

std::vector<std::string> TestNetwork::IntoUser() const {
  return {"nsenter", "--user=" + NamespaceOf(*middle_, "user"), "--preserve-credentials"};
}

std::vector<std::string> TestNetwork::Into(const ChildProcess& holder) const {
  std::vector<std::string> arguments = IsRoot() ? std::vector<std::string>{"nsenter"} : IntoUser();
  arguments.insert(arguments.end(), {"--net=" + NamespaceOf(holder, "net"), "--"});
  return arguments;
}

std::string TestNetwork::Run(const ChildProcess& holder, std::vector<std::string> arguments) const {
  Command command;
  command.arguments = Into(holder);
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.environment = kEnvironment;
  const Finished done = RunCommand(command, absl::Seconds(20));
  if (done.exit_code != 0) {
    throw std::runtime_error(fmt::format("{}: exit code {}: {}", fmt::join(arguments, " "), done.exit_code, done.err));
  }
  return done.out;
}

}  // namespace wsfleet::testing
