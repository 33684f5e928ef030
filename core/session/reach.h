#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/now.h"
#include "core/scenario/step.h"

namespace wsfleet {

// A place in a list of steps: those from `next` on are to come. In a loop, those before it come again after them.
struct StepPosition {
  const std::vector<Step>* steps = nullptr;
  std::size_t next = 0;
  bool loops = false;
};

// Since when the steps to come look at frames of an open connection (`via`, the name of it): a frame received before is
// out of reach. `path`: the lists that are under way, the outermost first; `anchors`: by id, of steps that have run.
// The beginning of time if some step to come looks at the whole inbox; `now` if none looks at any frame. Pure.
SteadyTime EarliestReach(std::span<const StepPosition> path, const std::map<std::string, SteadyTime>& anchors,
                         std::string_view via, SteadyTime now);

}  // namespace wsfleet
