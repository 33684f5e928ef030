#include "core/policy/plan_targets.h"

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/policy/plan_walk.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

class PlanCheck {
 public:
  PlanCheck(const Variables& variables, const TargetPolicy& policy, std::string_view whose)
      : policy_(policy),
        whose_(whose),
        walk_(
            variables,
            [this](const std::string& host, std::uint16_t port, const SourceRange& range) {
              return CheckPlace(host, port, range);
            },
            [] {}) {}

  absl::Status Check(const PlannedCase& planned) {
    absl::Status status = CheckCandidates(planned);
    return status.ok() ? walk_.Rest(planned) : status;
  }

 private:
  // Which of them is taken is known on the agent: one that is permitted is enough.
  absl::Status CheckCandidates(const PlannedCase& planned) {
    absl::Status first;
    for (const Target& target : planned.suite->target_candidates) {
      absl::Status status = walk_.Candidate(planned, target);
      if (status.ok()) return status;
      if (first.ok()) first = std::move(status);
    }
    return first;
  }

  absl::Status CheckPlace(const std::string& host, std::uint16_t port, const SourceRange& range) {
    if (permitted_.contains({host, port})) return absl::OkStatus();
    const auto read = ReadTargetHost(host);
    const absl::Status status = read.ok() ? CheckTarget(policy_, whose_, *read, port) : read.status();
    if (status.ok()) {
      permitted_.emplace(host, port);
      return status;
    }
    const std::string message(ToStd(status.message()));
    return {status.code(), range.known() ? fmt::format("{}: {}", ToString(range), message) : message};
  }

  const TargetPolicy& policy_;
  const std::string_view whose_;
  const PlanWalk walk_;
  std::set<std::pair<std::string, std::uint16_t>> permitted_;  // so far
};

}  // namespace

absl::Status CheckPlanTargets(const Plan& plan, const Variables& variables, const TargetPolicy& policy,
                              std::string_view whose) {
  PlanCheck check(variables, policy, whose);
  for (const PlannedCase& planned : plan.cases) {
    if (absl::Status status = check.Check(planned); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace wsfleet
