#include "agent/assigned_limits.h"

#include <limits>
#include <string>

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::agent {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

v1::Assignment With(const std::string& policy) {
  v1::Assignment assignment;
  assignment.set_policy(policy);
  return assignment;
}

TEST(AssignedLimits, AreThoseOfTheFleetAndOfTheAgentTogether) {
  const auto guard = GuardOf(With("version: wsfleet/v1\ntargets: [{host: a.example}, {host: b.example}]\n"),
                             {{{false, {{"b.example"}, {"c.example"}}}, "the agent"}});
  ASSERT_TRUE(guard.ok());
  EXPECT_TRUE(guard->CheckTarget("b.example", 443).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(guard->CheckTarget("a.example", 443)));
  EXPECT_TRUE(absl::IsPermissionDenied(guard->CheckTarget("c.example", 443)));
}

TEST(AssignedLimits, OfAnEarlierCoordinatorAreTheAgentsOwn) {
  EXPECT_TRUE(GuardOf(With(""), {})->CheckTarget("127.0.0.1", 1).ok());
  EXPECT_FALSE(GuardOf(With(""), {{TargetPolicy(), "the agent"}})->CheckTarget("127.0.0.1", 1).ok());
}

TEST(AssignedLimits, ThatALaterVersionWroteAreRefusedNotLeftOut) {
  const auto guard = GuardOf(With("version: wsfleet/v1\ntargets: any\nforbidden: [a.example]\n"), {});
  EXPECT_TRUE(absl::IsInvalidArgument(guard.status()));
  EXPECT_THAT(std::string(ToStd(guard.status().message())),
              AllOf(HasSubstr("does not understand the fleet's policy"), HasSubstr("forbidden")));
}

TEST(AssignedLimits, OfARateAreNeverNone) {
  v1::LeaseShare share;
  EXPECT_FALSE(ShareOf(share).connections.has_value());
  EXPECT_FALSE(ShareOf(share).sessions_per_second.has_value());
  share.set_connections(3);
  EXPECT_EQ(ShareOf(share).connections, 3U);
  for (const double rate : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    share.set_sessions_per_second(rate);
    EXPECT_GT(*ShareOf(share).sessions_per_second, 0);
  }
}

TEST(AssignedLimits, OfABudgetAreAtLeastOneOfEach) {
  v1::LeaseShare share;
  EXPECT_TRUE(ShareOf(share).shares.empty());
  v1::BudgetShare* chat = share.add_budgets();
  chat->set_name("chat");
  EXPECT_EQ(ShareOf(share).shares.front(), (Budget{BudgetName("chat"), 1, 1}));
  chat->set_connections(5);
  chat->set_sessions_per_second(4);
  EXPECT_EQ(ShareOf(share).shares.front(), (Budget{BudgetName("chat"), 5, 4}));
}

}  // namespace
}  // namespace wsfleet::agent
