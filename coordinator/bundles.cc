#include "coordinator/bundles.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace wsfleet::coordinator {

absl::Status Bundles::Put(const BundleDigest& digest, Canonical canonical) {
  if (auto status = store_.PutBundle(digest, *canonical, absl::Now()); !status.ok()) return status;
  Keep(digest, std::move(canonical));
  return absl::OkStatus();
}

absl::StatusOr<Bundles::Canonical> Bundles::Get(const BundleDigest& digest) {
  if (Canonical kept = Find(digest)) return kept;
  auto stored = store_.GetBundle(digest);
  if (!stored.ok()) return stored.status();
  auto canonical = std::make_shared<const std::string>(*std::move(stored));
  Keep(digest, canonical);
  return canonical;
}

Bundles::Canonical Bundles::Find(const BundleDigest& digest) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(kept_, digest, &Kept::digest);
  if (found == kept_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found);
  return kept_.front().canonical;
}

void Bundles::Keep(const BundleDigest& digest, Canonical canonical) {
  const std::lock_guard lock(mutex_);
  // Two may have read it at once.
  if (std::ranges::find(kept_, digest, &Kept::digest) != kept_.end()) return;
  kept_bytes_ += canonical->size();
  kept_.push_front({digest, std::move(canonical)});
  while (kept_bytes_ > kMaxKeptBytes && kept_.size() > 1) {
    kept_bytes_ -= kept_.back().canonical->size();
    kept_.pop_back();
  }
}

}  // namespace wsfleet::coordinator
