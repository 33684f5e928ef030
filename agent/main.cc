#include <signal.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#include "agent/agent.h"
#include "agent/channel.h"
#include "agent/machine.h"
#include "agent/options.h"
#include "boost/asio/post.hpp"
#include "boost/asio/signal_set.hpp"
#include "core/base/text.h"
#include "fmt/format.h"
#include "monitoring/port.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

namespace wsfleet::agent {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return std::move(content).str();
}

// Whoever waits for the file sees it whole.
void WriteReadyFile(const std::string& path) {
  if (path.empty()) return;
  const std::string draft = path + ".part";
  std::ofstream(draft) << getpid() << '\n';
  if (std::rename(draft.c_str(), path.c_str()) != 0) spdlog::error("ready file not written path={}", path);
}

ChannelSecurity SecurityOf(const CommandLine& options) {
  ChannelSecurity security;
  security.plaintext = options.plaintext;
  security.server_name = options.server_name;
  if (options.plaintext) return security;
  security.authority = ReadFile(options.ca_file);
  if (!options.certificate_file.empty()) {
    security.certificate = ReadFile(options.certificate_file);
    security.key = ReadFile(options.key_file);
  }
  return security;
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

int Fail(const absl::Status& status) {
  fmt::print(stderr, "wsfleet-agent: {}\n", ToStd(status.message()));
  return 1;
}

AgentOptions ToAgentOptions(const CommandLine& options) {
  utsname machine{};
  uname(&machine);
  AgentOptions result;
  result.facts.id = AgentId(options.id);
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

int Run(const CommandLine& options) {
  // The pid may change between the parent's death and this call; then there is nobody to live for either.
  if (options.die_with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);
  spdlog::set_default_logger(spdlog::stderr_color_mt("agent"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  spdlog::set_level(spdlog::level::from_str(options.log_level));

  monitoring::Metrics metrics(monitoring::Program::kAgent);
  const auto port = StartPort(options.http_listen, metrics);
  if (!port.ok()) return Fail(port.status());
  AgentOptions settings = ToAgentOptions(options);
  settings.metrics = &metrics;
  boost::asio::io_context strand(1);
  auto work = boost::asio::make_work_guard(strand);
  int exit_code = 0;
  Agent agent(strand, std::move(settings),
              Endpoints(options.coordinators,
                        [&](const std::string& address) { return OpenChannel(address, SecurityOf(options)); }),
              Agent::Handlers{
                  .on_session = [&] { WriteReadyFile(options.ready_file); },
                  .on_stopped =
                      [&](int code) {
                        exit_code = code;
                        strand.stop();
                      },
              });

  boost::asio::signal_set signals(strand, SIGTERM, SIGINT);
  const std::function<void(const boost::system::error_code&, int)> on_signal =
      [&, first = true](const boost::system::error_code& error, int) mutable {
        if (error) return;
        // Whoever asks twice wants it at once; the coordinator has the cases run elsewhere.
        if (!first) std::_Exit(1);
        first = false;
        agent.Drain();
        signals.async_wait([&](const boost::system::error_code& again, int number) { on_signal(again, number); });
      };
  signals.async_wait([&](const boost::system::error_code& error, int number) { on_signal(error, number); });

  if (const absl::Status status = agent.Start(); !status.ok()) return Fail(status);
  if (*port) {
    (*port)->Attach([&](const std::function<void(std::vector<std::string>)>& answer) {
      boost::asio::post(strand, [&agent, answer] { answer(agent.Report()); });
    });
  }
  strand.run();
  if (*port) (*port)->Detach("it is ending");
  return exit_code;
}

}  // namespace
}  // namespace wsfleet::agent

int main(int argc, char** argv) {
  const auto parsed = wsfleet::agent::ParseCommandLine(argc, argv);
  return parsed.exit_now ? parsed.exit_code : wsfleet::agent::Run(parsed.options);
}
