#include "coordinator/retention.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "coordinator/clock.h"
#include "core/base/text.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

// A bundle is stored before the run that refers to it, and clocks of replicas differ.
constexpr absl::Duration kUnusedBundles = absl::Hours(24);

}  // namespace

Retention::Retention(FleetName fleet, store::RetentionStore& store, RetentionSettings settings)
    : fleet_(std::move(fleet)), store_(store), settings_(settings) {
  End(std::min(settings_.keep / 10, settings_.first_after));
}

void Retention::Visit(const store::Ownership& ownership, StoreThread& thread) {
  {
    const std::lock_guard lock(mutex_);
    if (visiting_ || SteadyNow() < next_visit_) return;
    visiting_ = true;
  }
  PostStep({ownership, kStepsInVisit}, thread);
}

void Retention::PostStep(const Visiting& visiting, StoreThread& thread) {
  // If the queue is full, there is more important work.
  if (!thread.Run([this, visiting, &thread] { TakeStep(visiting, thread); })) End(absl::Seconds(1));
}

void Retention::TakeStep(Visiting visiting, StoreThread& thread) {
  const auto step = store_.RemoveSome(visiting.ownership, CurrentRule());
  if (!step.ok()) {
    if (!std::exchange(failing_, true)) {
      spdlog::warn("runs not removed fleet={} reason=\"{}\"", fleet_.value(), ToStd(step.status().message()));
    }
    return End(absl::Minutes(1));
  }
  failing_ = false;
  runs_ += step->runs;
  bundles_ += step->bundles;
  if (step->more && --visiting.steps_left > 0) return PostStep(visiting, thread);
  if (step->more) return End(absl::ZeroDuration());
  if (runs_ + bundles_ > 0) {
    spdlog::info("runs removed fleet={} runs={} bundles={}", fleet_.value(), runs_, bundles_);
  }
  runs_ = bundles_ = 0;
  // A short time to keep wants to be looked at more often.
  End(std::clamp(settings_.keep / 10, absl::Seconds(1), absl::Minutes(1)));
}

void Retention::End(absl::Duration pause) {
  const std::lock_guard lock(mutex_);
  visiting_ = false;
  next_visit_ = SteadyNow() + pause;
}

store::RetentionStore::Rule Retention::CurrentRule() const {
  const absl::Time now = absl::Now();
  return {now, now - settings_.keep, settings_.keep_runs, now - kUnusedBundles};
}

}  // namespace wsfleet::coordinator
