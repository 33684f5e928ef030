#include "coordinator/ownership.h"

#include <map>
#include <mutex>
#include <set>
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
    return SurveyResult{others_, is_new_, fleets_};
  }
  absl::StatusOr<std::vector<FleetFacts>> ListFleets() override { return std::vector<FleetFacts>{}; }
  absl::Status CreateFleet(const FleetName&) override { return absl::OkStatus(); }
  absl::StatusOr<Owner> Claim(const ClaimRequest& request) override {
    const std::lock_guard lock(mutex_);
    if (request.fleet.value() == "broken") return absl::UnavailableError("canceling statement due to lock timeout");
    const bool is_locked = request.fleet.value() == "locked";
    claimed_.emplace(request.fleet.value(), rounds_);
    return Owner{request.replica, request.addresses, 7, is_locked ? absl::ZeroDuration() : request.time};
  }
  absl::Status Release(const store::Ownership& ownership) override {
    const std::lock_guard lock(mutex_);
    released_.insert(ownership.fleet.value());
    ++releases_;
    return absl::OkStatus();
  }
  absl::Status Leave(const std::string& replica) override {
    const std::lock_guard lock(mutex_);
    left_ = replica;
    return absl::OkStatus();
  }

  void SetReplicas(std::uint32_t others, bool is_new) {
    const std::lock_guard lock(mutex_);
    others_ = others;
    is_new_ = is_new;
  }
  // In which round each was claimed at first.
  std::map<std::string, int> claimed() const {
    const std::lock_guard lock(mutex_);
    return claimed_;
  }
  std::set<std::string> released() const {
    const std::lock_guard lock(mutex_);
    return released_;
  }
  int releases() const {
    const std::lock_guard lock(mutex_);
    return releases_;
  }
  std::string left() const {
    const std::lock_guard lock(mutex_);
    return left_;
  }
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
  std::uint32_t others_ = 1;
  bool is_new_ = false;
  std::map<std::string, int> claimed_;
  std::set<std::string> released_;
  int releases_ = 0;
  std::string left_;
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

store::OwnerStore::KnownFleet OfOurs(const std::string& name) {
  return {FleetName(name), {"ours", {}, 3, absl::Seconds(5)}};
}
store::OwnerStore::KnownFleet OfNobody(const std::string& name) { return {FleetName(name), {}}; }

OwnershipKeeper::Settings QuickSettings() {
  OwnershipKeeper::Settings settings;
  settings.replica = "ours";
  settings.interval = absl::Milliseconds(5);
  return settings;
}

// After as many rounds as anything takes.
void KeepFor(SharedOwners& owners, int rounds) {
  KeeperNotes notes;
  OwnershipKeeper keeper(owners, QuickSettings(), notes.handlers());
  ASSERT_TRUE(keeper.Begin().ok());
  ASSERT_TRUE(testing::WaitUntil([&] { return owners.rounds() >= rounds; }));
  keeper.Stop();
}

TEST(Ownership, OfAFleetIsGivenAwayOnlyToAReplicaThatHasFewer) {
  const std::vector<store::OwnerStore::KnownFleet> ours{OfOurs("a"), OfOurs("b")};
  const auto released_with = [&](std::uint32_t others, std::vector<store::OwnerStore::KnownFleet> further) {
    SharedOwners owners;
    further.insert(further.begin(), ours.begin(), ours.end());
    owners.Set(further);
    owners.SetReplicas(others, false);
    KeepFor(owners, 10);
    return owners.released();
  };
  EXPECT_FALSE(released_with(1, {}).empty()) << "the other one has none";
  EXPECT_TRUE(released_with(0, {}).empty()) << "there is no other one that stays";
  EXPECT_TRUE(released_with(1, {OfOther("c")}).empty()) << "two and one is as fair as it gets";
  EXPECT_FALSE(released_with(2, {OfOther("c")}).empty()) << "the third one has none";
}

TEST(Ownership, OfWhatNobodyElseWantedIsKept) {
  SharedOwners owners;
  owners.Set({OfOurs("a"), OfNobody("b")});
  KeepFor(owners, 20);
  EXPECT_GT(owners.claimed()["b"], 3) << "the others go first";
  EXPECT_TRUE(owners.released().empty());
}

// The other one was gone before it took it, and another such one comes.
TEST(Ownership, OfWhatComesBackAfterItWasGivenAwayIsKept) {
  SharedOwners owners;
  owners.Set({OfOurs("a"), OfOurs("b")});
  KeeperNotes notes;
  OwnershipKeeper keeper(owners, QuickSettings(), notes.handlers());
  ASSERT_TRUE(keeper.Begin().ok());
  EXPECT_EQ(owners.releases(), 1);
  owners.SetReplicas(0, false);
  owners.Set({OfOurs("a"), OfNobody("b")});
  ASSERT_TRUE(testing::WaitUntil([&] { return owners.claimed().contains("b"); }));
  const int releases = owners.releases();
  owners.SetReplicas(1, false);
  const int back_at = owners.Set({OfOurs("a"), OfOurs("b")});
  ASSERT_TRUE(testing::WaitUntil([&] { return owners.rounds() >= back_at + 10; }));
  EXPECT_EQ(owners.releases(), releases);
  keeper.Stop();
}

// It may end again in a second, and take the fleet with it.
TEST(Ownership, IsLeftToReplicasThatAreThereByOneThatIsNew) {
  SharedOwners owners;
  owners.Set({OfNobody("a"), OfOther("b")});
  owners.SetReplicas(1, true);
  KeepFor(owners, 10);
  EXPECT_GT(owners.claimed()["a"], 3);
  SharedOwners alone;
  alone.Set({OfNobody("a")});
  alone.SetReplicas(0, true);
  KeepFor(alone, 1);
  EXPECT_EQ(alone.claimed()["a"], 1);
}

TEST(Ownership, EndsWithTheNoteThatTheReplicaIsThere) {
  SharedOwners owners;
  owners.Set({OfOurs("a")});
  KeeperNotes notes;
  OwnershipKeeper::Settings settings;
  settings.replica = "ours";
  OwnershipKeeper keeper(owners, settings, notes.handlers());
  ASSERT_TRUE(keeper.Begin().ok());
  keeper.Stop();
  EXPECT_EQ(owners.left(), "");
  keeper.Release();
  EXPECT_EQ(owners.left(), "ours");
  EXPECT_EQ(owners.released(), std::set<std::string>{"a"});
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
