#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/faults/checker/stored.h"
#include "tests/faults/checker/target_log.h"
#include "tests/faults/checker/testimony.h"

namespace wsfleet::testing {

// The model that every run is held against: it ends with this verdict, after each case has counted once in each region.
struct Model {
  std::size_t regions = 1;
  std::vector<std::string> cases;  // names as the target sees them; the id is "load/chat [round=NAME]"
  int sessions = 1;                // of a case
  std::string verdict = "passed";
};

// The id of a case of the model's suite.
CaseId CaseIdOf(const std::string& name);

// Compares what every client saw with the model, with the store and with the target's own log. One line for each thing
// that is wrong, beginning with the promise that is broken; empty: nothing is. I1: no accepted job is lost. I2: no
// result is counted twice. I3: a terminal state never changes. I4: every lease ends. I8: what is missing is reported.
std::vector<std::string> Check(const Model& model, const std::vector<Testimony>& testimonies, const Stored& stored,
                               const TargetLog& log);

}  // namespace wsfleet::testing
