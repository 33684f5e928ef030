#pragma once

#include "core/scenario/key_table.h"

// The mappings of a file of schedules; as core/scenario/keys.h.
namespace wsfleet::keys {

extern const Table kSchedules;
extern const Table kSchedule;
extern const Table kScheduledRun;

}  // namespace wsfleet::keys
