#include <optional>

#include "gtest/gtest.h"
#include "tests/contract/every_store.h"

// Policies of fleets, asked of every store.
namespace wsfleet::testing {
namespace {

PolicyRecord APolicy(std::uint64_t version) {
  PolicyRecord record;
  record.policy.targets.allowed = {
      {"*.example.com", {443, 9000}, {*AddressRange::Parse("10.0.0.0/8")}, Budget{BudgetName("chat"), 5, 2}}};
  record.policy.limits = {20, 50, 2000, 100, absl::Minutes(30), 1 << 20};
  record.version = version;
  record.changed = At(7);
  return record;
}

template <typename Factory>
class PolicyContract : public StoreContract<Factory> {
 protected:
  PolicyContract() { EXPECT_TRUE(this->owners_.CreateFleet(FleetName("blue")).ok()); }
  absl::Status Write(const PolicyRecord& record) {
    WriteBatch batch;
    batch.policy = record;
    return this->fleet_.Commit(kOwner, {batch}).status();
  }
  store::PolicyReader& policies_ = *this->opened_;
};
TYPED_TEST_SUITE(PolicyContract, EveryStore);

TYPED_TEST(PolicyContract, GivesBackEveryMemberOfAPolicyToItsFleetAlone) {
  EXPECT_EQ(*this->policies_.GetPolicy(kFleet), std::nullopt);
  EXPECT_EQ(this->fleet_.Load(kOwner)->policy, std::nullopt);
  ASSERT_TRUE(this->Write(APolicy(1)).ok());
  EXPECT_EQ(*this->policies_.GetPolicy(kFleet), APolicy(1));
  EXPECT_EQ(this->fleet_.Load(kOwner)->policy, APolicy(1));
  EXPECT_EQ(*this->policies_.GetPolicy(FleetName("blue")), std::nullopt);
}

TYPED_TEST(PolicyContract, KeepsTheNewestPolicy) {
  ASSERT_TRUE(this->Write(APolicy(1)).ok());
  PolicyRecord newer{{AnyTarget(), {}}, 2, At(9)};
  ASSERT_TRUE(this->Write(newer).ok());
  EXPECT_EQ(*this->policies_.GetPolicy(kFleet), newer);
}

}  // namespace
}  // namespace wsfleet::testing
