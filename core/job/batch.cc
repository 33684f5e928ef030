#include "core/job/batch.h"

namespace wsfleet {

bool WriteBatch::empty() const {
  return jobs.empty() && shards.empty() && leases.empty() && ended_leases.empty() && batches.empty() &&
         results.empty() && events.empty() && removed_agents.empty() && agents.empty() && !next_lease.has_value() &&
         removed_schedules.empty() && schedules.empty() && ticks.empty();
}

}  // namespace wsfleet
