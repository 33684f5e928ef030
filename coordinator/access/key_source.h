#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/oidc/issuer.h"
#include "coordinator/oidc/key_set.h"
#include "core/base/now.h"

namespace wsfleet::coordinator {

// The keys of one issuer, read by a thread of its own, so that no call waits for another server: every `refresh` of
// its location, sooner after a failure, and when somebody misses one. The last good ones stay for `keep` after
// they should have been read again.
class KeySource {
 public:
  using Keys = std::shared_ptr<const oidc::KeySet>;
  // More missing keys at once are taken for made up: they do not exist unless they are found.
  static constexpr std::size_t kMaxAsked = 256;

  // Shorter ones are for tests.
  struct Pace {
    // At least between two readings that a missing key asks for; clients try for twice as long.
    absl::Duration missing = absl::Seconds(5);
    absl::Duration retry = absl::Seconds(30);  // after a failure
    absl::Duration file = absl::Seconds(10);   // how often a file is looked at, in place of `refresh`
  };

  // `name`: the issuer's, for the log. Files of `location` are paths as the process sees them. A file is read before it
  // returns, a URL is asked by the thread.
  KeySource(std::string name, oidc::KeyLocation location, Pace pace);
  // As Stop().
  ~KeySource();
  KeySource(const KeySource&) = delete;
  KeySource& operator=(const KeySource&) = delete;

  // Ends the thread; what is known stays, and gets old. Blocks for about a second at most.
  void Stop();

  // UNAVAILABLE: they were never read, or too long ago, and why. Any thread; never blocks for long.
  absl::StatusOr<Keys> Get();

  // A key is not there (its `kid`; empty: none). OK: then it does not exist, for they were read since it was asked for
  // first. UNAVAILABLE: they are read because of it, now or once that may be, or could not be read. Any thread.
  absl::Status LookForMore(const std::string& key);

  const oidc::KeyLocation& location() const { return location_; }

 private:
  void Main();
  void Read();
  absl::StatusOr<std::string> ReadText() const;
  // With the mutex.
  absl::Status Unreadable() const;
  void NoteOutcome(const absl::Status& status, const oidc::KeySet* keys);

  const std::string name_;
  const oidc::KeyLocation location_;
  const Pace pace_;
  std::string text_;  // as it was read last; the thread's
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Keys keys_;                                                     // null: none yet
  SteadyTime read_;                                               // when they were read
  SteadyTime tried_;                                              // when the last reading began
  absl::Status status_ = absl::UnavailableError("not read yet");  // of the last reading
  bool reading_ = true;
  bool missing_ = false;                     // one is looked for
  std::map<std::string, SteadyTime> asked_;  // that were missing of late: since when. At most kMaxAsked
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace wsfleet::coordinator
