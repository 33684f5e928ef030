#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "core/base/source.h"
#include "core/scenario/plan.h"

namespace wsfleet {

// Goes over what a case connects to, as far as that is known before it runs: what templates give only in the run is
// not. Stops at the first place that is not taken, with its status. A path is asked of the target, and no place of its
// own.
class PlanWalk {
 public:
  using OnPlace = std::function<absl::Status(const std::string& host, std::uint16_t port, const SourceRange& range)>;
  using OnUnknown = std::function<void()>;

  // `variables` and what the functions refer to must outlive it.
  PlanWalk(const Variables& variables, OnPlace on_place, OnUnknown on_unknown)
      : variables_(variables), on_place_(std::move(on_place)), on_unknown_(std::move(on_unknown)) {}

  // One of the candidates for its target: which of them is taken is known on the agent.
  absl::Status Candidate(const PlannedCase& planned, const Target& target) const;
  // Everything else: absolute URLs of its steps, requirements, revision and logs, and proxies.
  absl::Status Rest(const PlannedCase& planned) const;

 private:
  absl::Status Requirements(const std::vector<Requirement>& requirements, const Scope& scope) const;
  absl::Status Steps(const std::vector<Step>& steps, const Scope& scope) const;
  absl::Status UrlOf(const Template& text, const Scope& scope, const SourceRange& otherwise = {}) const;
  absl::Status ProxyOf(const Template& text, const Scope& scope) const;

  const Variables& variables_;
  const OnPlace on_place_;
  const OnUnknown on_unknown_;
};

}  // namespace wsfleet
