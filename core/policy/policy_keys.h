#pragma once

#include "core/scenario/key_table.h"

// The mappings of a fleet's policy; as core/scenario/keys.h.
namespace wsfleet::keys {

extern const Table kFleetPolicy;
extern const Table kAllowedTarget;
extern const Table kBudget;
extern const Table kFleetLimits;

}  // namespace wsfleet::keys
