#pragma once

#include "core/scenario/suite_names.h"

namespace wsfleet {

// Whether the `max_time` of a request can be reached within its `within`, or the suite's.
void CheckReach(const HttpRequest& http, absl::Duration standard_within, Diagnostics& diagnostics);

// Walks one scenario as it would run: connections that are open, anchors that have passed, variables that are set.
void CheckScenario(const Suite& suite, const Scenario& scenario, const SuiteNames& names, Diagnostics& diagnostics);

}  // namespace wsfleet
