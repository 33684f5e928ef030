#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/every_store.h"

// Budgets that fleets share, asked of every store.
namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const BudgetName kChat("chat");
const BudgetName kLab("lab");

template <typename Factory>
class BudgetContract : public StoreContract<Factory> {
 protected:
  BudgetContract() {
    EXPECT_TRUE(this->owners_.CreateFleet(blue_.fleet).ok());
    // As its coordinator would.
    blue_.epoch = this->owners_.Claim({blue_.fleet, "test", {}, absl::Hours(1)})->epoch;
    Say(kOwner, {{kChat, 10, 5}, {kLab, 3, 3}});
  }

  void Say(const store::Ownership& owner, std::vector<Budget> budgets) {
    WriteBatch batch;
    batch.budgets = std::move(budgets);
    EXPECT_TRUE(this->fleet_.Commit(owner, {batch}).ok());
  }
  static LeaseRecord ALease(std::uint64_t id, std::vector<Budget> shares) {
    return {LeaseId(id), {JobId("r-1"), ShardIndex(id)}, 1, AgentId("eu-1"), BootId("00ff"), std::move(shares)};
  }
  static WriteBatch Begin(std::vector<LeaseRecord> leases) {
    WriteBatch batch;
    batch.leases = std::move(leases);
    return batch;
  }
  static WriteBatch End(std::uint64_t lease) {
    WriteBatch batch;
    batch.ended_leases = {LeaseId(lease)};
    return batch;
  }
  CommitOutcome Commit(const store::Ownership& owner, const WriteBatch& batch) {
    auto outcomes = this->fleet_.Commit(owner, {batch});
    EXPECT_TRUE(outcomes.ok()) << outcomes.status();
    return outcomes.ok() ? outcomes->front() : CommitOutcome();
  }
  std::vector<std::uint64_t> LeasesOf(const store::Ownership& owner) {
    std::vector<std::uint64_t> ids;
    const auto snapshot = this->fleet_.Load(owner);
    for (const LeaseRecord& lease : snapshot->leases) ids.push_back(lease.id.value());
    return ids;
  }

  store::Ownership blue_{FleetName("blue")};
};
TYPED_TEST_SUITE(BudgetContract, EveryStore);

TYPED_TEST(BudgetContract, GivesBackWhatAFleetSaysAndItsLeasesHave) {
  const LeaseRecord both = this->ALease(1, {{kChat, 4, 2}, {kLab, 1, 1}});
  const LeaseRecord none = this->ALease(2, {});
  const CommitOutcome outcome = this->Commit(kOwner, this->Begin({both, none}));
  EXPECT_THAT(outcome.denied, IsEmpty());
  EXPECT_THAT(outcome.budgets, ElementsAre(BudgetState{{kChat, 10, 5}, 4, 2}, BudgetState{{kLab, 3, 3}, 1, 1}));
  EXPECT_THAT(this->fleet_.Load(kOwner)->leases, ElementsAre(both, none));
  EXPECT_THAT(this->fleet_.Load(kOwner)->budgets, ElementsAre(Budget{kChat, 10, 5}, Budget{kLab, 3, 3}));
  EXPECT_THAT(this->fleet_.Load(this->blue_)->budgets, IsEmpty());
  this->Say(kOwner, {{kLab, 9, 9}});
  EXPECT_THAT(this->fleet_.Load(kOwner)->budgets, ElementsAre(Budget{kLab, 9, 9}));
}

TYPED_TEST(BudgetContract, DeniesALeaseWhoseShareDoesNotFitAndNothingElse) {
  WriteBatch batch = this->Begin({this->ALease(1, {{kChat, 6, 1}}), this->ALease(2, {{kChat, 5, 1}, {kLab, 1, 1}}),
                                  this->ALease(3, {{kChat, 4, 1}}), this->ALease(4, {{kLab, 1, 4}})});
  batch.next_lease = LeaseId(5);
  const CommitOutcome outcome = this->Commit(kOwner, batch);
  EXPECT_THAT(outcome.denied, ElementsAre(LeaseId(2), LeaseId(4)));
  EXPECT_THAT(outcome.budgets, ElementsAre(BudgetState{{kChat, 10, 5}, 10, 2}, BudgetState{{kLab, 3, 3}, 0, 0}));
  EXPECT_THAT(this->LeasesOf(kOwner), ElementsAre(1, 3));
  EXPECT_EQ(this->fleet_.Load(kOwner)->next_lease, LeaseId(5));
}

TYPED_TEST(BudgetContract, HasRoomAgainWhenALeaseEnds) {
  this->Commit(kOwner, this->Begin({this->ALease(1, {{kChat, 10, 5}})}));
  EXPECT_THAT(this->Commit(kOwner, this->Begin({this->ALease(2, {{kChat, 1, 1}})})).denied, ElementsAre(LeaseId(2)));
  // In the same transaction too.
  WriteBatch exchange = this->Begin({this->ALease(3, {{kChat, 10, 5}})});
  exchange.ended_leases = {LeaseId(1)};
  EXPECT_THAT(this->Commit(kOwner, exchange).denied, IsEmpty());
  this->Commit(kOwner, this->End(3));
  const CommitOutcome last = this->Commit(kOwner, this->Begin({this->ALease(4, {{kChat, 1, 1}})}));
  EXPECT_THAT(last.budgets, ElementsAre(BudgetState{{kChat, 10, 5}, 1, 1}));
}

TYPED_TEST(BudgetContract, IsOneForAllFleetsAndTheSmallestThatIsSaid) {
  this->Commit(kOwner, this->Begin({this->ALease(1, {{kChat, 6, 1}})}));
  this->Say(this->blue_, {{kChat, 8, 50}});
  EXPECT_THAT(this->Commit(this->blue_, this->Begin({this->ALease(1, {{kChat, 3, 1}})})).denied,
              ElementsAre(LeaseId(1)));
  const CommitOutcome fits = this->Commit(this->blue_, this->Begin({this->ALease(2, {{kChat, 2, 1}})}));
  EXPECT_THAT(fits.denied, IsEmpty());
  EXPECT_THAT(fits.budgets, ElementsAre(BudgetState{{kChat, 8, 5}, 8, 2}));
  // Leases of two fleets have the same numbers, and each its own shares.
  this->Commit(this->blue_, this->End(2));
  this->Commit(this->blue_, this->End(1));
  EXPECT_THAT(this->Commit(kOwner, this->Begin({this->ALease(2, {{kChat, 3, 1}})})).denied, ElementsAre(LeaseId(2)));
  this->Say(this->blue_, {});
  EXPECT_THAT(this->Commit(kOwner, this->Begin({this->ALease(3, {{kChat, 4, 1}})})).denied, IsEmpty());
}

TYPED_TEST(BudgetContract, OfWhichNobodySaysAnythingIsNothing) {
  EXPECT_THAT(this->Commit(kOwner, this->Begin({this->ALease(1, {{BudgetName("gone"), 1, 1}})})).denied,
              ElementsAre(LeaseId(1)));
}

}  // namespace
}  // namespace wsfleet::testing
