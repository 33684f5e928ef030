#pragma once

#include "core/scenario/suite_names.h"

namespace wsfleet {

// Walks one scenario as it would run: connections that are open, anchors that have passed, variables that are set.
void CheckScenario(const Suite& suite, const Scenario& scenario, const SuiteNames& names, Diagnostics& diagnostics);

}  // namespace wsfleet
