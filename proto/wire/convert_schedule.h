#pragma once

#include "absl/status/statusor.h"
#include "core/schedule/records.h"
#include "wsfleet/v1/schedule.pb.h"

// Schedules, as proto/wire/convert.h.
namespace wsfleet::wire {

v1::Timing ToWire(const Timing& timing);

// All but what its runs are made of, which the bundle decides on too. Whether the times exist is not looked at.
absl::StatusOr<ScheduleSpec> FromWire(const v1::ApplyScheduleHeader& header);

// Without times to come, and without what its secrets are called.
v1::Schedule ToWire(const ScheduleRecord& schedule);
// Takes away what only the answers of Get and Apply hold.
void KeepSummary(v1::Schedule& schedule);

v1::Tick ToWire(const TickRecord& tick);

}  // namespace wsfleet::wire
