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
#include "agent/options.h"
#include "boost/asio/signal_set.hpp"
#include "core/base/text.h"
#include "fmt/format.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
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

std::shared_ptr<grpc::Channel> OpenChannel(const CommandLine& options, const std::string& address) {
  grpc::ChannelArguments arguments;
  // The agent has a back-off of its own; the channel's must not be slower.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // How long one attempt to connect may take, in spite of its name: TCP and TLS are four ways of, say, 300 ms, and a
  // packet may get lost.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  // A coordinator that is gone without a word is noticed within half a minute, whatever waits for it; it allows a ping
  // every 5 s.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // A new channel is a new connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (options.plaintext) {
    return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  }
  if (!options.server_name.empty()) arguments.SetSslTargetNameOverride(options.server_name);
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ReadFile(options.ca_file);
  if (!options.certificate_file.empty()) {
    tls.pem_cert_chain = ReadFile(options.certificate_file);
    tls.pem_private_key = ReadFile(options.key_file);
  }
  return grpc::CreateCustomChannel(address, grpc::SslCredentials(tls), arguments);
}

AgentOptions ToAgentOptions(const CommandLine& options) {
  utsname machine{};
  uname(&machine);
  AgentOptions result;
  result.facts.id = AgentId(options.id);
  result.facts.region = RegionName(options.region);
  result.facts.labels = options.labels;
  // What the operator says of the machine goes over what it says of itself.
  result.facts.labels.try_emplace("arch", machine.machine);
  result.facts.labels.try_emplace("os", "linux");
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

  boost::asio::io_context strand(1);
  auto work = boost::asio::make_work_guard(strand);
  int exit_code = 0;
  Agent agent(
      strand, ToAgentOptions(options),
      Endpoints(options.coordinators, [&](const std::string& address) { return OpenChannel(options, address); }),
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

  if (const absl::Status status = agent.Start(); !status.ok()) {
    fmt::print(stderr, "wsfleet-agent: {}\n", ToStd(status.message()));
    return 1;
  }
  strand.run();
  return exit_code;
}

}  // namespace
}  // namespace wsfleet::agent

int main(int argc, char** argv) {
  const auto parsed = wsfleet::agent::ParseCommandLine(argc, argv);
  return parsed.exit_now ? parsed.exit_code : wsfleet::agent::Run(parsed.options);
}
