#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/scenario/plan.h"

namespace wsfleet {

struct TargetPlace {
  std::string host;  // as a URL has it
  std::uint16_t port = 0;

  friend auto operator<=>(const TargetPlace&, const TargetPlace&) = default;
};

// What one agent that runs a plan connects to, and how much of it at most. As it is by default, nothing of it is known.
struct PlanNeeds {
  static constexpr std::size_t kMaxPlaces = 64;

  // In order, targets' candidates and proxies among them; absent: not all are known before it runs, or they are more.
  std::optional<std::vector<TargetPlace>> places = {};
  std::uint32_t connections = 0;  // at once; 0: not known
  std::uint32_t sessions = 0;     // of all cases with their retries; 0: not known

  friend bool operator==(const PlanNeeds&, const PlanNeeds&) = default;
};

// Cases run one after the other, and the sessions of a case at once. Pure.
PlanNeeds NeedsOf(const Plan& plan, const Variables& variables);

}  // namespace wsfleet
