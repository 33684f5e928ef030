#include "coordinator/process.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/synchronization/mutex.h"
#include "boost/json/object.hpp"
#include "boost/json/serialize.hpp"
#include "coordinator/authority_command.h"
#include "coordinator/coordinator.h"
#include "coordinator/open_files.h"
#include "coordinator/open_store.h"
#include "coordinator/private_file.h"
#include "coordinator/service_notice.h"
#include "coordinator/store/postgres/postgres_url.h"
#include "core/base/text.h"
#include "core/base/version.h"
#include "fmt/format.h"
#include "monitoring/port.h"
#include "secrets/process_memory.h"
#include "secrets/secret_sources.h"
#include "spdlog/async.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::size_t kMaxLogLines = 8192;  // that wait to be written
constexpr char kLogPattern[] = "%Y-%m-%dT%H:%M:%S.%e%z %l %v";

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

absl::Status WriteReadyFile(const std::string& path, const Coordinator& coordinator, const monitoring::Port* port) {
  if (path.empty()) return absl::OkStatus();
  boost::json::object content{{"agent", coordinator.agent_address()},
                              {"client", coordinator.client_address()},
                              {"pid", static_cast<std::int64_t>(getpid())}};
  if (!coordinator.enrol_address().empty()) content["enrol"] = coordinator.enrol_address();
  if (port != nullptr) content["http"] = port->address();
  return WriteFileAtomically(path, boost::json::serialize(content) + "\n", Access::kEveryoneReads);
}

// As it may be logged.
std::string StoreName(const std::string& store) { return IsPostgresUrl(store) ? store::WithoutPassword(store) : store; }

int Fail(const absl::Status& status) {
  fmt::print(stderr, "wsfleet-coordinator: {}\n", ToStd(status.message()));
  return 1;
}

// What is on the disk, the next process will see; nothing that this one holds may be written or told to anybody.
[[noreturn]] void EndAtOnce(const absl::Status& why) {
  // Not through the logger that other threads use until the end: it writes when it comes to it, and closing it under
  // them ends the process in another way.
  spdlog::logger log("coordinator", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  log.set_pattern(kLogPattern);
  log.critical("coordinator ends at once reason=\"{}\"", ToStd(why.message()));
  log.flush();
  std::_Exit(1);
}

// Whoever does not read what is logged, or the disk that it goes to, holds nobody up: the oldest lines are dropped.
void StartLog() {
  spdlog::init_thread_pool(kMaxLogLines, 1);
  spdlog::set_default_logger(
      std::make_shared<spdlog::async_logger>("coordinator", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(),
                                             spdlog::thread_pool(), spdlog::async_overflow_policy::overrun_oldest));
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

// Null: none are kept.
absl::StatusOr<std::shared_ptr<const SecretSources>> OpenSecrets(const std::string& path) {
  if (path.empty()) return nullptr;
  auto secrets = SecretSources::Open(path, FleetsOfSecrets::kNamed);
  if (!secrets.ok()) return secrets.status();
  return std::make_shared<const SecretSources>(*std::move(secrets));
}

int Serve(const CommandLine& options, std::shared_ptr<const SecretSources> secrets, const StoreOpener& open,
          const sigset_t& signals) {
  const std::uint64_t open_files = RaiseOpenFiles();
  monitoring::Metrics metrics(monitoring::Program::kCoordinator);
  CoordinatorOptions settings = options.coordinator;
  settings.metrics = &metrics;
  settings.secrets = std::move(secrets);
  // First: a store may take its time, and whoever probes is to see a process that lives.
  auto port = StartPort(options.http_listen, metrics);
  if (!port.ok()) return Fail(port.status());
  auto store = open(options.coordinator.store, EndAtOnce);
  if (!store.ok()) return Fail(store.status());
  auto coordinator = Coordinator::Start(settings, *std::move(store));
  if (!coordinator.ok()) return Fail(coordinator.status());
  if (*port) (*port)->Attach([&](auto answer) { (*coordinator)->Report(std::move(answer)); });
  absl::Cleanup detach = [&] {
    if (*port) (*port)->Detach("the coordinator is stopping");
  };
  if (auto status = WriteReadyFile(options.ready_file, **coordinator, port->get()); !status.ok()) return Fail(status);
  spdlog::info(
      "coordinator serves version={} fleet={} agent_listen={} client_listen={} enrol_listen={} store={} tls={} "
      "secrets_key={} max_open_files={}",
      kVersion, options.coordinator.fleet.value(), (*coordinator)->agent_address(), (*coordinator)->client_address(),
      (*coordinator)->enrol_address(), StoreName(options.coordinator.store), !options.coordinator.plaintext,
      (*coordinator)->secrets_fingerprint(), open_files);
  const char* notify = std::getenv("NOTIFY_SOCKET");
  if (auto status = NotifyReady(notify == nullptr ? "" : notify); !status.ok()) return Fail(status);
  const int signal = WaitForEnd(signals);
  spdlog::info("coordinator stops signal={}", signal);
  std::move(detach).Invoke();
  (*coordinator)->Stop();
  return 0;
}

}  // namespace

int RunProcess(const CommandLine& options, const StoreOpener& open) {
  if (!options.authority_step.empty()) {
    return RunAuthorityCommand(options.authority_step, options.coordinator.state_directory);
  }
  // The distribution's Abseil looks for deadlocks at each lock of gRPC's: an eighth of what a large fleet costs.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // The parent may die before this call; then there is nobody to live for either.
  if (options.die_with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);
  KeepMemoryToItself();
  // Before there are threads: it takes values out of the environment.
  auto secrets = OpenSecrets(options.secrets_file);
  if (!secrets.ok()) return Fail(secrets.status());
  const sigset_t signals = BlockEndingSignals();
  StartLog();
  spdlog::set_pattern(kLogPattern);
  spdlog::set_level(spdlog::level::from_str(options.log_level));
  const int exit_code = Serve(options, *std::move(secrets), open, signals);
  spdlog::shutdown();  // what is logged so far is written
  return exit_code;
}

}  // namespace wsfleet::coordinator
