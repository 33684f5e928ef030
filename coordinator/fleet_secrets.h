#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/worker_pool.h"
#include "core/secret/given_secret.h"
#include "secrets/secret_sources.h"

namespace wsfleet::coordinator {

// Of the secrets that were asked for, those that the fleet may have.
struct KeptSecrets {
  static constexpr std::size_t kMaxUnread = 16;  // more are in the log only

  GivenSecrets values;
  std::vector<std::string> unread;  // there are some, and they cannot be had
};

// The secrets that the coordinator's operator keeps for runs. They are read for each lease, on a thread of their own: a
// file system may be slow, or hang. Thread-safe.
class FleetSecrets {
 public:
  // Null: none.
  explicit FleetSecrets(std::shared_ptr<const SecretSources> sources) : sources_(std::move(sources)), thread_(1) {}

  bool empty() const { return sources_ == nullptr; }

  // Those of these names that the fleet may have, as they are now; of the others, why not, where that is not as it
  // should be, in the log. `done` is called on the thread. False: too much is waiting; it will not be.
  bool Read(const FleetName& fleet, std::vector<std::string> names, std::function<void(KeptSecrets)> done);
  // The same on the caller's thread, which may block.
  KeptSecrets ReadNow(const FleetName& fleet, const std::vector<std::string>& names) const;

  // Finishes what waits.
  void Stop() { thread_.Stop(); }

 private:
  const std::shared_ptr<const SecretSources> sources_;
  WorkerPool thread_;
};

}  // namespace wsfleet::coordinator
