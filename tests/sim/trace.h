#pragma once

#include <string>

#include "coordinator/fleet/fleet.h"

namespace wsfleet::sim {

// One line each, for the trace of a run (WSFLEET_SIM_TRACE=1).
std::string Describe(const fleet::Event& event);
std::string Describe(const fleet::Effect& effect);

}  // namespace wsfleet::sim
