#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "coordinator/store/store.h"

namespace wsfleet::coordinator {

// The stored bundles, in their canonical form, and the last ones in memory: every agent of a run asks for the same one
// at the same time. Thread-safe; calls block as the store does.
class Bundles {
 public:
  using Canonical = std::shared_ptr<const std::string>;
  static constexpr std::size_t kMaxKeptBytes = 32 << 20;

  explicit Bundles(store::BundleStore& store) : store_(store) {}

  absl::Status Put(const BundleDigest& digest, Canonical canonical);
  absl::StatusOr<Canonical> Get(const BundleDigest& digest);
  // Null if it is not in memory. Does not block.
  Canonical Find(const BundleDigest& digest);

 private:
  struct Kept {
    BundleDigest digest;
    Canonical canonical;
  };
  void Keep(const BundleDigest& digest, Canonical canonical);

  store::BundleStore& store_;
  std::mutex mutex_;
  std::list<Kept> kept_;  // the last one used first
  std::size_t kept_bytes_ = 0;
};

}  // namespace wsfleet::coordinator
