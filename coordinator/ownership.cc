#include "coordinator/ownership.h"

#include <algorithm>
#include <utility>

#include "coordinator/clock.h"
#include "core/base/text.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

// A fleet that nobody has taken for so long is taken by whoever sees it, fair or not.
constexpr int kPatience = 3;

}  // namespace

OwnershipKeeper::OwnershipKeeper(store::OwnerStore& store, Settings settings, Handlers handlers)
    : store_(store), settings_(std::move(settings)), handlers_(std::move(handlers)) {}

OwnershipKeeper::~OwnershipKeeper() { Stop(); }

absl::Status OwnershipKeeper::Begin() {
  if (auto status = Round(); !status.ok()) return status;
  thread_ = std::thread([this] { Main(); });
  return absl::OkStatus();
}

void OwnershipKeeper::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void OwnershipKeeper::Release() {
  for (const auto& [fleet, epoch] : std::exchange(owned_, {})) {
    const absl::Status status = store_.Release({fleet, epoch});
    if (!status.ok()) spdlog::warn("fleet not released fleet={} reason=\"{}\"", fleet.value(), ToStd(status.message()));
  }
}

void OwnershipKeeper::Main() {
  std::unique_lock lock(mutex_);
  bool failing = false;
  while (!wake_.wait_for(lock, absl::ToChronoMilliseconds(settings_.interval), [this] { return stopping_; })) {
    lock.unlock();
    const absl::Status status = Round();
    // What is owned meanwhile runs out by itself: the hosts know until when.
    if (status.ok() == failing) {
      failing = !status.ok();
      handlers_.on_trouble(status);
      if (failing) {
        spdlog::error("ownership not extended reason=\"{}\"", ToStd(status.message()));
      } else {
        spdlog::info("ownership is extended again");
      }
    }
    lock.lock();
  }
}

absl::Status OwnershipKeeper::Round() {
  const auto survey = store_.Survey(settings_.replica, settings_.term);
  if (!survey.ok()) return survey.status();
  const std::size_t replicas = std::max<std::size_t>(survey->replicas, 1);
  const std::size_t fair_share = (survey->fleets.size() + replicas - 1) / replicas;
  for (const auto& fleet : survey->fleets) {
    if (auto status = Visit(fleet, fair_share); !status.ok()) return status;
  }
  GiveSomeBack(fair_share);
  return absl::OkStatus();
}

absl::Status OwnershipKeeper::Visit(const store::OwnerStore::KnownFleet& fleet, std::size_t fair_share) {
  if (!std::exchange(known_[fleet.name], true)) handlers_.on_fleet(fleet.name);
  const bool is_free = fleet.owner.left <= absl::ZeroDuration();
  const bool is_ours = !is_free && fleet.owner.replica == settings_.replica;
  if (!is_ours) owned_.erase(fleet.name);
  if (!is_free && !is_ours) {
    seen_free_.erase(fleet.name);
    handlers_.on_other(fleet.name, fleet.owner);
    return absl::OkStatus();
  }
  // Whoever has its share leaves a free one to the others, for a while.
  if (is_free && owned_.size() >= fair_share && ++seen_free_[fleet.name] <= kPatience) {
    handlers_.on_other(fleet.name, {});
    return absl::OkStatus();
  }
  seen_free_.erase(fleet.name);
  return Claim(fleet.name).status();
}

absl::StatusOr<bool> OwnershipKeeper::Claim(const FleetName& fleet) {
  const SteadyTime before = SteadyNow();
  const auto owner = store_.Claim({fleet, settings_.replica, settings_.addresses, settings_.term});
  if (!owner.ok()) return owner.status();
  const bool is_ours = owner->replica == settings_.replica;
  if (is_ours) {
    owned_[fleet] = owner->epoch;
    const bool is_for_good = owner->left == absl::InfiniteDuration();
    handlers_.on_owned({fleet, owner->epoch}, is_for_good ? SteadyTime::Infinite() : before + settings_.term);
  } else {
    owned_.erase(fleet);
    handlers_.on_other(fleet, *owner);
  }
  return is_ours;
}

void OwnershipKeeper::GiveSomeBack(std::size_t fair_share) {
  if (owned_.size() <= fair_share) return;
  // One in a round, so that nothing swings. Its epoch fences what is still written.
  const auto [fleet, epoch] = *owned_.rbegin();
  owned_.erase(fleet);
  spdlog::info("fleet given to others fleet={} owned={} fair_share={}", fleet.value(), owned_.size() + 1, fair_share);
  handlers_.on_other(fleet, {});
  const absl::Status status = store_.Release({fleet, epoch});
  if (!status.ok()) spdlog::warn("fleet not released fleet={} reason=\"{}\"", fleet.value(), ToStd(status.message()));
}

}  // namespace wsfleet::coordinator
