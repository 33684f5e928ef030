#pragma once

#include "absl/time/time.h"
#include "coordinator/secret_box.h"
#include "coordinator/store/store.h"
#include "wsfleet/v1/schedule.pb.h"

namespace wsfleet::coordinator {

// A schedule as clients see it. `now` is what times to come are later than. Pure.
v1::Schedule ListedSchedule(const FleetName& fleet, const store::ScheduleReader::ScheduleView& view, absl::Time now);

// With the names of its secrets, more times to come, and what became of the last ones.
v1::Schedule DetailedSchedule(const FleetName& fleet, const store::ScheduleReader::ScheduleView& view,
                              const SecretBox& box, absl::Time now);

}  // namespace wsfleet::coordinator
