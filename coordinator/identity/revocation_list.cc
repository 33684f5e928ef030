#include "coordinator/identity/revocation_list.h"

#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {

bool RevocationList::Replace(const std::vector<store::Revocation>& revocations) {
  auto known = std::make_shared<Known>();
  for (const store::Revocation& each : revocations) known->emplace(Key{each.fleet, each.pool, each.instance}, each);
  const std::lock_guard lock(mutex_);
  if (*known == *known_) return false;
  known_ = std::move(known);
  return true;
}

std::shared_ptr<const RevocationList::Known> RevocationList::known() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

absl::Status RevocationList::Check(const FleetName& fleet, const PoolName& pool, const std::string& instance) const {
  const auto known = this->known();
  for (const std::string& of : {std::string(), instance}) {
    const auto found = known->find(Key{fleet, pool, of});
    if (found == known->end()) continue;
    const std::string what =
        of.empty() ? fmt::format("pool {}", pool.value()) : fmt::format("agent {}", AgentIdOf(pool, of).value());
    const std::string& reason = found->second.reason;
    return absl::PermissionDeniedError(
        fmt::format("{} was revoked at {}{}{}; `wsfleet agents revoke --undo` lets it in "
                    "again",
                    what, UtcText(found->second.at), reason.empty() ? "" : ": ", Excerpt(reason, 512)));
  }
  return absl::OkStatus();
}

}  // namespace wsfleet::coordinator
