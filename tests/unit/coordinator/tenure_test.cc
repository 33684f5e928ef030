#include "coordinator/tenure.h"

#include <string>

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/redirect.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;

const FleetName kOwned("default");

Tenure OfAnother() {
  Tenure tenure;
  tenure.elsewhere.epoch = 7;
  tenure.elsewhere.addresses = {"b:7420", "b:7421"};
  return tenure;
}

std::string Told(const Tenure& tenure) { return std::string(ToStd(tenure.NotHere(kOwned).message())); }

TEST(Tenure, SendsClientsAndAgentsToWhoRunsTheFleet) {
  const Tenure tenure = OfAnother();
  EXPECT_EQ(Told(tenure), "fleet default is run by the coordinator at " + tenure.elsewhere.addresses.clients);
  const auto redirect = wire::RedirectOf(tenure.NotHere(kOwned));
  ASSERT_TRUE(redirect);
  EXPECT_EQ(redirect->address(), tenure.elsewhere.addresses.clients);
  EXPECT_EQ(redirect->ownership_epoch(), 7u);
  ASSERT_TRUE(tenure.ForAgents());
  EXPECT_EQ(tenure.ForAgents()->address(), tenure.elsewhere.addresses.agents);
}

TEST(Tenure, SaysThatTheStoreIsOutOfReachRatherThanWhoRanTheFleetLast) {
  Tenure tenure = OfAnother();
  tenure.store = absl::UnavailableError("connection refused");
  EXPECT_THAT(Told(tenure), HasSubstr("cannot reach its store, and tries again: connection refused"));
}

TEST(Tenure, SaysWhatKeepsAFleetOfOursFromRunning) {
  Tenure tenure = OfAnother();
  tenure.ours = store::Ownership{kOwned};
  EXPECT_THAT(Told(tenure), HasSubstr("is loading its fleet"));
  EXPECT_FALSE(tenure.ForAgents());
  tenure.not_loaded = absl::DataLossError("a damaged row");
  EXPECT_THAT(Told(tenure), HasSubstr("cannot run its fleet at the moment, and tries again: a damaged row"));
}

TEST(Tenure, EndsWithItsTime) {
  Tenure tenure;
  const SteadyTime now = SteadyTime{absl::Seconds(10)};
  EXPECT_FALSE(tenure.IsOurs(now));
  tenure.ours = store::Ownership{kOwned};
  tenure.until = now + absl::Seconds(1);
  EXPECT_TRUE(tenure.IsOurs(now));
  EXPECT_FALSE(tenure.IsOurs(now + absl::Seconds(1)));
}

}  // namespace
}  // namespace wsfleet::coordinator
