#include "coordinator/ownership.h"

#include <algorithm>
#include <utility>

#include "coordinator/clock.h"
#include "core/base/text.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

// A fleet that nobody has taken for so many rounds is taken by whoever sees it, fair or not.
constexpr int kPatience = 3;

// Whoever has taken more than its share since nobody else did, or back what it gave away, gives nothing away for so
// long.
constexpr absl::Duration kKeepUnwanted = absl::Minutes(1);

// How many fleets the replica has that has the fewest, this one aside.
std::size_t FewestOfOthers(const store::OwnerStore::SurveyResult& survey, const std::string& us) {
  std::map<std::string, std::size_t> fleets;
  for (const auto& fleet : survey.fleets) {
    if (fleet.owner.left > absl::ZeroDuration() && fleet.owner.replica != us) ++fleets[fleet.owner.replica];
  }
  if (fleets.size() < survey.other_replicas) return 0;
  const auto fewest = std::ranges::min_element(fleets, {}, [](const auto& count) { return count.second; });
  return fewest == fleets.end() ? survey.fleets.size() : fewest->second;
}

// What is ours is extended at the beginning of a round. However long each claim takes, the next round begins in time.
constexpr int kRoundsInTerm = 4;

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
  if (const absl::Status status = store_.Leave(settings_.replica); !status.ok()) {
    spdlog::warn("replica not taken out reason=\"{}\"", ToStd(status.message()));
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
  const SteadyTime before = SteadyNow();
  const auto extended = store_.Extend(settings_.replica, settings_.term);
  if (!extended.ok()) return extended.status();
  for (const auto& fleet : *extended) {
    Meet(fleet.name);
    NoteOwned({fleet.name, fleet.owner.epoch}, fleet.owner.left, before);
  }
  const auto survey = store_.Survey(settings_.replica, settings_.term);
  if (!survey.ok()) return survey.status();
  const std::size_t replicas = survey->other_replicas + 1;
  fair_share_ = (survey->fleets.size() + replicas - 1) / replicas;
  yields_ = survey->is_new && survey->other_replicas > 0;
  absl::Status trouble;
  for (const auto& fleet : survey->fleets) {
    if (auto status = Visit(fleet); trouble.ok()) trouble = std::move(status);
    if (!trouble.ok() && SteadyNow() - before > settings_.term / kRoundsInTerm) return trouble;
  }
  GiveSomeBack(*survey);
  return trouble;
}

void OwnershipKeeper::Meet(const FleetName& fleet) {
  if (!std::exchange(known_[fleet], true)) handlers_.on_fleet(fleet);
}

void OwnershipKeeper::NoteOwned(const store::Ownership& ownership, absl::Duration left, SteadyTime before) {
  owned_[ownership.fleet] = ownership.epoch;
  const bool is_for_good = left == absl::InfiniteDuration();
  handlers_.on_owned(ownership, is_for_good ? SteadyTime::Infinite() : before + settings_.term);
}

absl::Status OwnershipKeeper::Visit(const store::OwnerStore::KnownFleet& fleet) {
  Meet(fleet.name);
  const bool is_free = fleet.owner.left <= absl::ZeroDuration();
  const bool is_ours = !is_free && fleet.owner.replica == settings_.replica;
  if (!is_ours) owned_.erase(fleet.name);
  if (!is_free) {
    seen_free_.erase(fleet.name);
    given_.erase(fleet.name);
    if (!is_ours) handlers_.on_other(fleet.name, fleet.owner);
    return absl::OkStatus();
  }
  // Whoever has its share leaves a free one to the others, for a while.
  const bool has_its_share = owned_.size() >= fair_share_;
  if ((has_its_share || yields_) && ++seen_free_[fleet.name] <= kPatience) {
    handlers_.on_other(fleet.name, {});
    return absl::OkStatus();
  }
  const bool comes_back = given_.erase(fleet.name) > 0;
  if (has_its_share || comes_back) keeps_until_ = SteadyNow() + kKeepUnwanted;
  seen_free_.erase(fleet.name);
  return Claim(fleet.name);
}

absl::Status OwnershipKeeper::Claim(const FleetName& fleet) {
  const SteadyTime before = SteadyNow();
  const auto owner = store_.Claim({fleet, settings_.replica, settings_.addresses, settings_.term});
  if (!owner.ok()) return owner.status();
  if (owner->left <= absl::ZeroDuration()) {
    // What its former owner has under way is waited for, and that may be us.
    handlers_.on_other(fleet, {});
  } else if (owner->replica == settings_.replica) {
    NoteOwned({fleet, owner->epoch}, owner->left, before);
  } else {
    handlers_.on_other(fleet, *owner);
  }
  return absl::OkStatus();
}

void OwnershipKeeper::GiveSomeBack(const store::OwnerStore::SurveyResult& survey) {
  if (owned_.size() <= fair_share_ || SteadyNow() < keeps_until_) return;
  // A fleet that runs is interrupted for nobody who has as many.
  if (owned_.size() < FewestOfOthers(survey, settings_.replica) + 2) return;
  // One in a round, so that nothing swings. Its epoch fences what is still written.
  const auto [fleet, epoch] = *owned_.rbegin();
  owned_.erase(fleet);
  given_.insert(fleet);
  spdlog::info("fleet given to others fleet={} owned={} fair_share={}", fleet.value(), owned_.size() + 1, fair_share_);
  handlers_.on_other(fleet, {});
  const absl::Status status = store_.Release({fleet, epoch});
  if (!status.ok()) spdlog::warn("fleet not released fleet={} reason=\"{}\"", fleet.value(), ToStd(status.message()));
}

}  // namespace wsfleet::coordinator
