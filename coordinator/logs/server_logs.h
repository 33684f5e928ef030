#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "boost/asio/thread_pool.hpp"
#include "coordinator/fleet/events.h"
#include "coordinator/fleet_secrets.h"
#include "coordinator/logs/log_permissions.h"
#include "coordinator/secret_box.h"
#include "coordinator/store/store.h"
#include "core/scenario/suite.h"
#include "core/verdict/redactor.h"

namespace wsfleet::coordinator {

class LoggedRun;
struct LoggedSuite;

// Adds lines of the targets' own logs (`evidence.logs`: files of this host, Loki) to failures before they are counted:
// what the machine stores is whole. Any thread; what blocks runs on two threads of its own.
class ServerLogs {
 public:
  static constexpr absl::Duration kLimitPerRun = absl::Seconds(10);
  static constexpr std::uint32_t kMaxCasesPerRun = 16;

  ServerLogs(FleetName fleet, LogPermissions permissions, store::JobReader& jobs, store::BundleStore& bundles,
             const SecretBox& secrets, const FleetSecrets* kept = nullptr);
  // As Stop().
  ~ServerLogs();

  static bool AreWantedBy(const Suite& suite);

  // A shard begins: what the run's files hold by now is older than it.
  void OnAssigned(const JobId& job, const JobSpec& spec);

  // Hands the event on, on the caller's thread or on one of its own: at once if no failure wants lines.
  using Done = std::function<void(fleet::ResultsReceived)>;
  void AddTo(fleet::ResultsReceived event, Done done);

  // What waits is handed on without lines. Nothing is taken afterwards. Blocks for seconds at most.
  void Stop();

 private:
  static constexpr std::size_t kMaxQueued = 256;
  static constexpr std::size_t kMaxRuns = 256;

  bool Post(std::function<void()> task);
  // On its own threads. Null: the run wants none, or is not known any more.
  std::shared_ptr<LoggedRun> Find(const JobId& job);
  std::shared_ptr<LoggedRun> Read(const JobSpec& spec);
  void Remember(const JobId& job, std::shared_ptr<LoggedRun> run);
  void Fill(const JobId& job, LoggedRun& run, CaseResult& result);
  // Knows the run's secrets, which are not kept here; absent if there is one that cannot be known here, because its
  // agent keeps it, or that cannot be read.
  std::optional<Redactor> RedactorOf(const JobId& job, const LoggedSuite& suite);
  LogExcerpt Fetch(LoggedRun& run, const LogSource& source, const CaseResult& result);
  // False when it stops.
  bool Pause(absl::Duration duration);

  FleetName fleet_;
  const LogPermissions permissions_;
  store::JobReader& jobs_;
  store::BundleStore& bundles_;
  const SecretBox secrets_;
  const FleetSecrets* const kept_;  // null: none
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stopped_ = false;                 // written under the mutex
  std::set<JobId> reading_;                           // on their way into runs_
  std::map<JobId, std::shared_ptr<LoggedRun>> runs_;  // null: it wants none
  std::vector<JobId> order_;                          // of runs_, oldest first
  std::atomic<std::size_t> queued_ = 0;
  boost::asio::thread_pool threads_;
};

}  // namespace wsfleet::coordinator
