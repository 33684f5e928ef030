#include "coordinator/ownership.h"

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace wsfleet::coordinator {
namespace {

// A database that others write, too, and whose connections may be cut.
class SharedOwners final : public store::OwnerStore {
 public:
  absl::StatusOr<SurveyResult> Survey(const std::string&, absl::Duration) override {
    const std::lock_guard lock(mutex_);
    ++rounds_;
    if (cut_) return absl::UnavailableError("the connection broke");
    return SurveyResult{2, fleets_};
  }
  absl::StatusOr<std::vector<FleetFacts>> ListFleets() override { return std::vector<FleetFacts>{}; }
  absl::Status CreateFleet(const FleetName&) override { return absl::OkStatus(); }
  absl::StatusOr<Owner> Claim(const ClaimRequest& request) override {
    return Owner{request.replica, request.addresses, 7, request.time};
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

}  // namespace
}  // namespace wsfleet::coordinator
