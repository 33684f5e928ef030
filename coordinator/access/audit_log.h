#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "coordinator/access/audit_queue.h"
#include "coordinator/log_limit.h"
#include "coordinator/store/access_store.h"
#include "core/base/now.h"

namespace wsfleet::coordinator {

// Takes down who changed what, and who was not let: a bounded queue that a thread stores a few times a second, and
// from which it removes what is not kept. Nobody waits for it. If the process is killed, what came in its last quarter
// of a second is lost.
class AuditLog {
 public:
  // Of what changed nothing, by class (AuditClassOf) and caller, so many are taken down in kIdleWindow; of the others,
  // the number.
  static constexpr std::size_t kMaxIdle = 200;
  static constexpr absl::Duration kIdleWindow = absl::Seconds(10);

  struct Settings {
    absl::Duration keep = absl::Hours(24 * 365);
    store::AuditStore::Limits limits = {};
    absl::Duration gathering = absl::Milliseconds(200);
    absl::Duration sweeping = absl::Minutes(1);
  };
  // The stores outlive it. Tokens that are no good any more are removed with what is not kept.
  AuditLog(store::AuditStore& store, store::TokenStore& tokens, Settings settings);
  // As Stop().
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  // Texts are cut to their limits. Any thread.
  void Add(AuditRecord record);
  // Before a change is made: whether it would be taken down. As AuditQueue::CheckRoom(); any thread.
  absl::Status CheckRoom(const AuditRecord& change);

  // Stores what waits, once, and ends the thread.
  void Stop();

 private:
  void Main();
  // Whether it is one of the few of its class and caller that are taken down. With the mutex.
  bool IsOfTheFew(const AuditRecord& record, SteadyTime now);
  void NoteLeftOut(SteadyTime now);
  bool StoreSome();
  void Sweep();

  store::AuditStore& store_;
  store::TokenStore& tokens_;
  const Settings settings_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  AuditQueue queue_;
  SteadyTime window_;                        // since then
  std::map<std::string, std::size_t> idle_;  // in it, by class and caller
  std::size_t left_out_ = 0;
  bool stopping_ = false;
  LogLimit refusals_;
  // The thread's.
  bool failing_ = false;
  SteadyTime swept_;
  std::thread thread_;
};

}  // namespace wsfleet::coordinator
