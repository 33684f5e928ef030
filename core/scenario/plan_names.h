#pragma once

#include <set>
#include <string>

#include "core/scenario/suite.h"

namespace wsfleet {

// What the submitter has to bring.
struct PlanNames {
  std::set<std::string> secrets;
  std::set<std::string> environment;
};

// Adds the names that `selected` scenarios of `suite` use, also by their targets and credentials.
void CollectNames(const Suite& suite, const std::set<const Scenario*>& selected, PlanNames& names);

}  // namespace wsfleet
