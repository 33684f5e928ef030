#include "cli/local/local_fleet.h"

#include <poll.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "core/job/term.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace wsfleet::cli {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kStartLimit = absl::Seconds(20);
constexpr std::uint64_t kMaxReadyFile = 4096;

std::string AgentOf(std::string_view region) { return fmt::format("{}-a", region); }

}  // namespace

absl::Status LocalFleet::CheckTerms(const std::vector<std::string>& from) {
  for (const std::string& text : from) {
    const auto term = Term::Parse(text);
    if (!term.ok()) return term.status();
    const bool meant = std::ranges::any_of(kRegions, [&](std::string_view region) {
      return term->MatchesRegion(RegionName(std::string(region))) || term->place() == AgentOf(region);
    });
    if (meant) continue;
    const std::string_view near = ClosestMatch(term->place(), kRegions);
    return absl::InvalidArgumentError(fmt::format("--from {}: the local fleet has {} only{}", Printable(text),
                                                  fmt::join(kRegions, ", "),
                                                  near.empty() ? "" : fmt::format("; did you mean {}?", near)));
  }
  return absl::OkStatus();
}

LocalFleet::~LocalFleet() {
  for (const Child& child : children_) child.Terminate();
  children_.clear();
  std::error_code ignored;
  if (temporary_) fs::remove_all(directory_, ignored);
}

absl::Status LocalFleet::Start(const std::string& state, bool with_target) {
  if (absl::Status status = MakeDirectory(state); !status.ok()) return status;
  if (absl::Status status = StartCoordinator(!state.empty()); !status.ok()) return status;
  if (absl::Status status = StartAgents(); !status.ok()) return status;
  return with_target ? StartTarget() : absl::OkStatus();
}

absl::Status LocalFleet::MakeDirectory(const std::string& state) {
  if (state.empty()) {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "wsfleet-XXXXXX").string();
    if (error || mkdtemp(name.data()) == nullptr) {
      return absl::UnavailableError(fmt::format("no folder can be made in {}", fs::path(name).parent_path().string()));
    }
    directory_ = name;
    temporary_ = true;
    remove_on_abort_ = interrupt_.BeforeAbort([name] {
      std::error_code ignored;
      fs::remove_all(name, ignored);
    });
    return absl::OkStatus();
  }
  std::error_code error;
  fs::create_directories(state, error);
  if (!error) fs::permissions(state, fs::perms::owner_all, error);
  if (error) return absl::InvalidArgumentError(fmt::format("--state {}: {}", state, error.message()));
  directory_ = fs::absolute(state).string();
  return absl::OkStatus();
}

absl::StatusOr<Child*> LocalFleet::Spawn(const std::string& program, const std::string& name,
                                         std::vector<std::string> arguments) {
  arguments.emplace_back("--die-with-parent");
  auto child = Child::Start(program, std::move(arguments), fmt::format("{}/{}.log", directory_, name));
  if (!child.ok()) return child.status();
  return &children_.emplace_back(*std::move(child));
}

absl::Status LocalFleet::StartCoordinator(bool keep) {
  const std::string ready = directory_ + "/coordinator.json";
  std::error_code ignored;
  fs::remove(ready, ignored);
  const auto child = Spawn("wsfleet-coordinator", "coordinator",
                           {"--agent-listen", "127.0.0.1:0", "--client-listen", "127.0.0.1:0", "--store",
                            keep ? directory_ + "/fleet.db" : ":memory:", "--state-dir", directory_ + "/state",
                            "--dev-ca", directory_ + "/ca", "--ready-file", ready, "--lease-time", "10s",
                            // It runs with the rights of whoever submits to it.
                            "--evidence-file", "/", "--evidence-loki", "http://", "--evidence-loki", "https://"});
  if (!child.ok()) return child.status();
  if (absl::Status status = (*child)->AwaitFile(ready, kStartLimit); !status.ok()) return status;
  boost::system::error_code error;
  const boost::json::value addresses = boost::json::parse(ReadWholeFile(ready, kMaxReadyFile).value_or(""), error);
  const boost::json::object* object = error ? nullptr : addresses.if_object();
  if (object == nullptr || !object->contains("agent") || !object->contains("client")) {
    return absl::UnavailableError(fmt::format("{} is not what a coordinator writes", ready));
  }
  agent_address_ = std::string(object->at("agent").as_string());
  client_address_ = std::string(object->at("client").as_string());
  return absl::OkStatus();
}

absl::Status LocalFleet::StartAgents() {
  std::vector<std::pair<const Child*, std::string>> waiting;
  for (const std::string_view region : kRegions) {
    const std::string id = AgentOf(region);
    const std::string ready = fmt::format("{}/{}.ready", directory_, id);
    std::error_code ignored;
    fs::remove(ready, ignored);
    const auto child = Spawn(
        "wsfleet-agent", id,
        {"--coordinator", agent_address_, "--ca", directory_ + "/ca/ca.pem", "--cert", directory_ + "/ca/agent.pem",
         "--key", directory_ + "/ca/agent.key", "--id", id, "--region", std::string(region), "--ready-file", ready});
    if (!child.ok()) return child.status();
    waiting.emplace_back(*child, ready);
  }
  for (const auto& [child, ready] : waiting) {
    if (absl::Status status = child->AwaitFile(ready, kStartLimit); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status LocalFleet::StartTarget() {
  const std::string port_file = directory_ + "/target.port";
  std::error_code ignored;
  fs::remove(port_file, ignored);
  const auto child = Spawn("wsfleet-demo-target", "target",
                           {"--port-file", port_file, "--access-log", directory_ + "/target-access.log"});
  if (!child.ok()) return child.status();
  if (absl::Status status = (*child)->AwaitFile(port_file, kStartLimit); !status.ok()) return status;
  const std::string text = ReadWholeFile(port_file, kMaxReadyFile).value_or("");
  int port = 0;
  std::from_chars(text.data(), text.data() + text.size(), port);
  target_url_ = fmt::format("ws://127.0.0.1:{}", port);
  return absl::OkStatus();
}

std::optional<std::string> LocalFleet::AwaitEnd() const {
  std::vector<pollfd> events{{interrupt_.descriptor(), POLLIN, 0}};
  for (const Child& child : children_) events.push_back({child.descriptor(), POLLIN, 0});
  while (poll(events.data(), events.size(), -1) < 0) {
  }
  if (events.front().revents != 0) return std::nullopt;
  auto child = children_.begin();
  for (auto event = events.begin() + 1; event->revents == 0; ++event) ++child;
  return fmt::format("{} ended:\n{}", child->program(), child->Output());
}

Endpoint LocalFleet::endpoint() const {
  Endpoint endpoint;
  endpoint.address = client_address_;
  endpoint.ca_file = directory_ + "/ca/ca.pem";
  endpoint.token_file = directory_ + "/ca/token";
  endpoint.source = endpoint.ca_source = endpoint.token_source = "the local fleet";
  return endpoint;
}

}  // namespace wsfleet::cli
