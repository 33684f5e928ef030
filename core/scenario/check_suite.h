#pragma once

#include "core/scenario/diagnostics.h"
#include "core/scenario/gaps.h"
#include "core/scenario/suite.h"

namespace wsfleet {

// What a schema cannot check: names that are used and not defined, steps in an order that cannot work, times that can
// never be reached, scenarios that assert nothing. What has gaps is left out.
void CheckSuite(const Suite& suite, const Gaps& gaps, Diagnostics& diagnostics);

// A job has at most 64 labels: each is a series of figures for each agent that reports it.
void CheckLabels(const std::vector<Suite>& suites, Diagnostics& diagnostics);

}  // namespace wsfleet
