#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "coordinator/store/access_store.h"
#include "core/base/now.h"

namespace wsfleet::coordinator {

// Takes down who changed what, and who was not let: a bounded queue that a thread stores a few times a second, and
// from which it removes what is not kept. Nobody waits for it. If the process is killed, what came in its last quarter
// of a second is lost.
class AuditLog {
 public:
  static constexpr std::size_t kMaxQueued = 10'000;
  // Of a class (AuditClassOf), taken down in kDenialWindow; of the others, the number.
  static constexpr std::size_t kMaxDenials = 200;
  static constexpr absl::Duration kDenialWindow = absl::Seconds(10);

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
  // The store takes nothing: what is changed now would not be taken down.
  bool IsFull() const;

  // Stores what waits, once, and ends the thread.
  void Stop();

 private:
  void Main();
  // Whether the denial is one of the few of its class that are taken down. With the mutex.
  bool MayDeny(const std::string& name, SteadyTime now);
  void NoteLeftOut(SteadyTime now);
  bool StoreSome();
  void Sweep();

  store::AuditStore& store_;
  store::TokenStore& tokens_;
  const Settings settings_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<AuditRecord> queue_;
  SteadyTime window_;                           // of denials, since then
  std::map<std::string, std::size_t> denials_;  // by class: there are about as many as fleets
  std::size_t left_out_ = 0;
  bool stopping_ = false;
  // The thread's.
  bool failing_ = false;
  SteadyTime swept_;
  std::thread thread_;
};

}  // namespace wsfleet::coordinator
