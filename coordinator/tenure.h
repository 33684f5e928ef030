#pragma once

#include <optional>

#include "coordinator/store/store.h"
#include "core/base/now.h"
#include "wsfleet/v1/agent_session.pb.h"

namespace wsfleet::coordinator {

// Who runs a fleet, as far as this process knows, and what keeps it from being run here.
struct Tenure {
  std::optional<store::Ownership> ours;
  SteadyTime until;                    // nothing is decided later
  store::OwnerStore::Owner elsewhere;  // while it is not ours
  absl::Status not_loaded;             // why it could not be loaded the last time
  absl::Status store;                  // why nobody can be asked who runs the fleet

  bool IsOurs(SteadyTime now) const { return ours && now < until; }

  // What a client is told instead of an answer: UNAVAILABLE, with wire::RedirectOf.
  absl::Status NotHere(const FleetName& fleet) const;

  // Where agents are sent. Absent: it is ours, or nobody is known who runs it.
  std::optional<v1::Redirect> ForAgents() const;
};

}  // namespace wsfleet::coordinator
