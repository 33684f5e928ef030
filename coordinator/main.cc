// wsfleet-coordinator: command line and files. `--help` has the flags.
//
// TLS is one of
//   --tls-cert F --tls-key F --tls-ca F   both listeners show the certificate; agents must present one that the
//                                         authority signed; the files are followed when they are replaced
//   --dev-ca DIR                          an ephemeral authority in DIR (0700): ca.pem, server.pem, server.key,
//   agent.pem,
//                                         agent.key, token. Agents present agent.pem, clients the token; both trust
//                                         ca.pem. The files stay good over restarts for 30 days.
//   --insecure-plaintext                  neither TLS nor certificates; loopback addresses only
// Clients present the token of --client-token-file (with --dev-ca: of DIR/token) as "authorization: Bearer TOKEN".
//
// --ready-file FILE is written, at once as a whole, when both listeners serve:
//   {"agent":"127.0.0.1:7420","client":"127.0.0.1:7421","pid":4711}
// The same addresses are logged. Beside a store FILE lie FILE-wal, FILE-shm and FILE.lock, and in --state-dir
// secrets.key (0600), without which secrets of open runs are lost.
//
// SIGTERM and SIGINT end streams and calls, finish the commit that is under way, and exit with 0. Other exit codes: 2
// usage, 1 anything else, with the reason on stderr.

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include "absl/synchronization/mutex.h"
#include "boost/json/serialize.hpp"
#include "boost/json/value.hpp"
#include "coordinator/coordinator.h"
#include "coordinator/open_files.h"
#include "coordinator/options.h"
#include "coordinator/private_file.h"
#include "coordinator/store/postgres/postgres_store.h"
#include "core/base/text.h"
#include "core/base/version.h"
#include "fmt/format.h"
#include "spdlog/async.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::size_t kMaxLogLines = 8192;  // that wait to be written

// Blocked before any thread is started, so that only WaitForEnd() receives them.
sigset_t BlockEndingSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int WaitForEnd(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  return signal;
}

absl::Status WriteReadyFile(const std::string& path, const Coordinator& coordinator) {
  if (path.empty()) return absl::OkStatus();
  const boost::json::value content{{"agent", coordinator.agent_address()},
                                   {"client", coordinator.client_address()},
                                   {"pid", static_cast<std::int64_t>(getpid())}};
  return WriteFileAtomically(path, boost::json::serialize(content) + "\n", Access::kEveryoneReads);
}

// As it may be logged.
std::string StoreName(const std::string& store) { return IsPostgresUrl(store) ? store::WithoutPassword(store) : store; }

int Fail(const absl::Status& status) {
  fmt::print(stderr, "wsfleet-coordinator: {}\n", ToStd(status.message()));
  return 1;
}

// Whoever does not read what is logged, or the disk that it goes to, holds nobody up: the oldest lines are dropped.
void StartLog() {
  spdlog::init_thread_pool(kMaxLogLines, 1);
  spdlog::set_default_logger(
      std::make_shared<spdlog::async_logger>("coordinator", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(),
                                             spdlog::thread_pool(), spdlog::async_overflow_policy::overrun_oldest));
}

int Serve(const CommandLine& options, const sigset_t& signals) {
  const std::uint64_t open_files = RaiseOpenFiles();
  auto coordinator = Coordinator::Start(options.coordinator);
  if (!coordinator.ok()) return Fail(coordinator.status());
  if (auto status = WriteReadyFile(options.ready_file, **coordinator); !status.ok()) return Fail(status);
  spdlog::info(
      "coordinator serves version={} fleet={} agent_listen={} client_listen={} store={} tls={} max_open_files={}",
      kVersion, options.coordinator.fleet.value(), (*coordinator)->agent_address(), (*coordinator)->client_address(),
      StoreName(options.coordinator.store), !options.coordinator.plaintext, open_files);
  const int signal = WaitForEnd(signals);
  spdlog::info("coordinator stops signal={}", signal);
  (*coordinator)->Stop();
  return 0;
}

int Run(const CommandLine& options) {
  // The distribution's Abseil looks for deadlocks at each lock of gRPC's: an eighth of what a large fleet costs.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // The parent may die before this call; then there is nobody to live for either.
  if (options.die_with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);
  const sigset_t signals = BlockEndingSignals();
  StartLog();
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  spdlog::set_level(spdlog::level::from_str(options.log_level));
  const int exit_code = Serve(options, signals);
  spdlog::shutdown();  // what is logged so far is written
  return exit_code;
}

}  // namespace
}  // namespace wsfleet::coordinator

int main(int argc, char** argv) {
  const auto parsed = wsfleet::coordinator::ParseCommandLine(argc, argv);
  return parsed.exit_now ? parsed.exit_code : wsfleet::coordinator::Run(parsed.options);
}
