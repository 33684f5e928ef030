#include "coordinator/ownership.h"

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "coordinator/store/postgres/postgres_store.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace wsfleet::coordinator {
namespace {

// A database that others write, too, and whose connections may be cut.
class SharedOwners final : public store::OwnerStore {
 public:
  absl::StatusOr<std::vector<KnownFleet>> Extend(const std::string& replica, absl::Duration term) override {
    const std::lock_guard lock(mutex_);
    ++rounds_;
    if (cut_) return absl::UnavailableError("the connection broke");
    std::vector<KnownFleet> extended;
    for (KnownFleet fleet : fleets_) {
      if (fleet.owner.replica != replica || fleet.owner.left <= absl::ZeroDuration()) continue;
      fleet.owner.left = term;
      extended.push_back(fleet);
    }
    return extended;
  }
  absl::StatusOr<SurveyResult> Survey(const std::string&, absl::Duration) override {
    const std::lock_guard lock(mutex_);
    return SurveyResult{2, fleets_};
  }
  absl::StatusOr<std::vector<FleetFacts>> ListFleets() override { return std::vector<FleetFacts>{}; }
  absl::Status CreateFleet(const FleetName&) override { return absl::OkStatus(); }
  absl::StatusOr<Owner> Claim(const ClaimRequest& request) override {
    const std::lock_guard lock(mutex_);
    if (request.fleet.value() == "broken") return absl::UnavailableError("canceling statement due to lock timeout");
    const bool is_locked = request.fleet.value() == "locked";
    return Owner{request.replica, request.addresses, 7, is_locked ? absl::ZeroDuration() : request.time};
  }
  absl::Status Release(const store::Ownership&) override { return absl::OkStatus(); }

  // Returns how many rounds there were before.
  int Set(std::vector<KnownFleet> fleets) {
    const std::lock_guard lock(mutex_);
    fleets_ = std::move(fleets);
    cut_ = false;
    return rounds_;
  }
  int Cut() {
    const std::lock_guard lock(mutex_);
    cut_ = true;
    return rounds_;
  }
  int rounds() const {
    const std::lock_guard lock(mutex_);
    return rounds_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<KnownFleet> fleets_;
  bool cut_ = false;
  int rounds_ = 0;
};

store::OwnerStore::KnownFleet OfOther(const std::string& name) {
  return {FleetName(name), {"other", {"other:1", "other:2"}, 3, absl::Seconds(5)}};
}

// Fault 31: nothing depends on being notified. What another replica changes is seen by asking, at the next round.
TEST(Ownership, Fault31ChangesOfOthersArePickedUpAtTheNextRoundAlthoughConnectionsWereCut) {
  SharedOwners owners;
  owners.Set({OfOther("default")});
  std::mutex mutex;
  std::map<std::string, int> seen, owned;  // in which round at first
  int troubled = 0, recovered = 0;         // of the keeper's thread, until it is stopped
  const auto note = [&](std::map<std::string, int>& what, const FleetName& fleet) {
    const std::lock_guard lock(mutex);
    what.emplace(fleet.value(), owners.rounds());
  };
  const auto round_of = [&](const std::map<std::string, int>& what, const std::string& fleet) {
    const std::lock_guard lock(mutex);
    const auto found = what.find(fleet);
    return found == what.end() ? 0 : found->second;
  };
  OwnershipKeeper::Settings settings;
  EXPECT_LE(settings.interval * 2, absl::Seconds(2)) << "a change that was just missed, and the round that sees it";
  settings.replica = "ours";
  settings.interval = absl::Milliseconds(10);
  OwnershipKeeper keeper(
      owners, settings,
      {.on_fleet = [&](const FleetName& fleet) { note(seen, fleet); },
       .on_owned = [&](const store::Ownership& ownership, SteadyTime) { note(owned, ownership.fleet); },
       .on_other = [](const FleetName&, const store::OwnerStore::Owner&) {},
       .on_trouble = [&](const absl::Status& status) { status.ok() ? ++recovered : ++troubled; }});
  ASSERT_TRUE(keeper.Begin().ok());
  EXPECT_EQ(round_of(seen, "default"), 1);
  const int cut_at = owners.Cut();
  ASSERT_TRUE(testing::WaitUntil([&] { return owners.rounds() >= cut_at + 2; }));
  // Meanwhile another replica made a fleet, and gave up the one that it had.
  const int changed_at = owners.Set({{FleetName("default"), {}}, OfOther("nightly")});
  ASSERT_TRUE(testing::WaitUntil([&] { return round_of(seen, "nightly") > 0 && round_of(owned, "default") > 0; }));
  EXPECT_EQ(round_of(seen, "nightly"), changed_at + 1);
  EXPECT_EQ(round_of(owned, "default"), changed_at + 1);
  keeper.Stop();
  EXPECT_EQ(troubled, 1);
  EXPECT_EQ(recovered, 1);
}

// What became of the fleets of a keeper, by their names.
struct KeeperNotes {
  OwnershipKeeper::Handlers handlers() {
    return {.on_fleet = [](const FleetName&) {},
            .on_owned =
                [this](const store::Ownership& ownership, SteadyTime) {
                  const std::lock_guard lock(mutex);
                  ++owned[ownership.fleet.value()];
                },
            .on_other =
                [this](const FleetName& fleet, const store::OwnerStore::Owner& owner) {
                  const std::lock_guard lock(mutex);
                  ++(owner.replica.empty() ? nobodys : others)[fleet.value()];
                },
            .on_trouble = [](const absl::Status&) {}};
  }
  int CountOf(const std::map<std::string, int>& notes, const std::string& fleet) {
    const std::lock_guard lock(mutex);
    const auto found = notes.find(fleet);
    return found == notes.end() ? 0 : found->second;
  }

  std::mutex mutex;
  std::map<std::string, int> owned, others, nobodys;
};

TEST(Ownership, IsExtendedWhateverBecomesOfOtherFleets) {
  SharedOwners owners;
  owners.Set(
      {{FleetName("broken"), {}}, {FleetName("default"), {"ours", {}, 3, absl::Seconds(5)}}, {FleetName("free"), {}}});
  KeeperNotes notes;
  OwnershipKeeper::Settings settings;
  settings.replica = "ours";
  settings.interval = absl::Milliseconds(10);
  OwnershipKeeper keeper(owners, settings, notes.handlers());
  EXPECT_FALSE(keeper.Begin().ok()) << "the first round says what is wrong";
  EXPECT_EQ(notes.CountOf(notes.owned, "default"), 1);
  EXPECT_EQ(notes.CountOf(notes.owned, "free"), 1) << "another one is claimed all the same";
  EXPECT_EQ(notes.CountOf(notes.owned, "broken"), 0);
}

TEST(Ownership, OfAFleetWhoseOwnerStillCommitsIsNobodysForTheMoment) {
  SharedOwners owners;
  // It was ours, and ran out while a commit of it was under way.
  owners.Set({{FleetName("locked"), {"ours", {}, 7, absl::ZeroDuration()}}});
  KeeperNotes notes;
  OwnershipKeeper::Settings settings;
  settings.replica = "ours";
  OwnershipKeeper keeper(owners, settings, notes.handlers());
  EXPECT_TRUE(keeper.Begin().ok());
  EXPECT_EQ(notes.CountOf(notes.owned, "locked"), 0);
  EXPECT_EQ(notes.CountOf(notes.nobodys, "locked"), 1);
}

TEST(Ownership, HasTimeForAnotherAttemptWhenAnExtensionFails) {
  const store::PostgresLimits limits = store::PostgresStore::kOwnerLimits;
  const OwnershipKeeper::Settings settings;
  // One that runs into its limit, a new connection, and one that is answered.
  EXPECT_LT(limits.answer + settings.interval + limits.connect + limits.answer, settings.term);
  EXPECT_LT(limits.lock, limits.answer);
}

}  // namespace
}  // namespace wsfleet::coordinator
