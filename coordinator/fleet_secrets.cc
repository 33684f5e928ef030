#include "coordinator/fleet_secrets.h"

#include <utility>

#include "core/base/text.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {

bool FleetSecrets::Read(const FleetName& fleet, std::vector<std::string> names, std::function<void(KeptSecrets)> done) {
  return thread_.Post([this, fleet, names = std::move(names), done = std::move(done)] { done(ReadNow(fleet, names)); });
}

KeptSecrets FleetSecrets::ReadNow(const FleetName& fleet, const std::vector<std::string>& names) const {
  KeptSecrets secrets;
  if (sources_ == nullptr) return secrets;
  for (const std::string& name : names) {
    auto secret = sources_->Read(name, fleet);
    if (secret.ok()) {
      secrets.values.emplace(name, *std::move(secret));
    } else if (!absl::IsNotFound(secret.status())) {
      spdlog::warn("secret not read fleet={} secret={} reason=\"{}\"", fleet.value(), name,
                   ToStd(secret.status().message()));
      if (secrets.unread.size() < KeptSecrets::kMaxUnread) secrets.unread.push_back(name);
    }
  }
  return secrets;
}

}  // namespace wsfleet::coordinator
