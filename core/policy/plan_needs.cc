#include "core/policy/plan_needs.h"

#include <algorithm>
#include <limits>
#include <set>
#include <variant>

#include "core/policy/plan_walk.h"

namespace wsfleet {
namespace {

void AddNames(const std::vector<Step>& steps, std::set<std::string>& names) {
  for (const Step& step : steps) {
    if (const auto* connect = std::get_if<ConnectStep>(&step.action)) names.insert(connect->as);
    if (const auto* repeat = std::get_if<RepeatStep>(&step.action)) AddNames(repeat->steps, names);
  }
}

// A session has a connection for each name, and one more while it makes an HTTP request.
std::uint64_t ConnectionsOfASession(const PlannedCase& planned) {
  std::set<std::string> names;
  if (planned.scenario != nullptr) AddNames(planned.scenario->steps, names);
  return names.size() + 1;
}

std::uint32_t Capped(std::uint64_t number) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(number, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

PlanNeeds NeedsOf(const Plan& plan, const Variables& variables) {
  std::set<TargetPlace> places;
  bool all_known = true;
  const PlanWalk walk(
      variables,
      [&](const std::string& host, std::uint16_t port, const SourceRange&) {
        if (places.size() <= PlanNeeds::kMaxPlaces) places.insert({host, port});
        return absl::OkStatus();
      },
      [&] { all_known = false; });
  std::uint64_t connections = 0, sessions = 0;
  for (const PlannedCase& planned : plan.cases) {
    for (const Target& target : planned.suite->target_candidates) walk.Candidate(planned, target).IgnoreError();
    walk.Rest(planned).IgnoreError();
    const std::uint64_t at_once = planned.scenario == nullptr ? 1 : planned.scenario->concurrent;
    const std::uint64_t tries = planned.scenario == nullptr ? 1 : planned.scenario->retries + 1;
    connections = std::max(connections, at_once * ConnectionsOfASession(planned));
    sessions += at_once * tries;
  }
  PlanNeeds needs;
  if (all_known && places.size() <= PlanNeeds::kMaxPlaces) needs.places.emplace(places.begin(), places.end());
  needs.connections = Capped(connections);
  needs.sessions = Capped(sessions);
  return needs;
}

}  // namespace wsfleet
