#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/store/identity_store.h"

namespace wsfleet::coordinator {

// What the store said last of who is not let in. Thread-safe; a look never waits for the store.
class RevocationList {
 public:
  // Whether that changed anything.
  bool Replace(const std::vector<store::Revocation>& revocations);

  // PERMISSION_DENIED: the agent or its pool is revoked, since when and why.
  absl::Status Check(const FleetName& fleet, const PoolName& pool, const std::string& instance) const;

 private:
  struct Key {
    FleetName fleet;
    PoolName pool;
    std::string instance;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  using Known = std::map<Key, store::Revocation>;

  std::shared_ptr<const Known> known() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Known> known_ = std::make_shared<Known>();
};

}  // namespace wsfleet::coordinator
