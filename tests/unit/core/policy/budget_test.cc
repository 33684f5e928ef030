#include "core/policy/budget.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Budget kChat{BudgetName("chat"), 100, 10};
const Budget kLab{BudgetName("lab"), 7, 2};

TargetPolicy Shared() {
  return {false,
          {{"lab.example.com", {443}, {}, kLab},
           {"*.example.com", {443}, {}, kChat},
           {"chat.example.org", {443, 9000}, {}, kChat},
           {"free.example.net"}}};
}

std::vector<BudgetName> At(const std::string& host, std::uint16_t port) {
  return BudgetsAt(Shared(), *ReadTargetHost(host), port);
}

TEST(Budget, HasANameThatIsEasyToWriteAlike) {
  for (const char* good : {"chat", "chat-eu.2", "a_b", "7"}) EXPECT_TRUE(IsBudgetName(good)) << good;
  for (const std::string& bad :
       {std::string(), std::string("Chat"), std::string("a b"), std::string("ü"), std::string(64, 'a')}) {
    EXPECT_FALSE(IsBudgetName(bad)) << bad;
  }
}

TEST(Budget, IsThatOfEveryEntryForThePlace) {
  EXPECT_THAT(BudgetsOf(Shared()), ElementsAre(kChat, kLab));
  EXPECT_THAT(At("a.example.com", 443), ElementsAre(kChat.name));
  EXPECT_THAT(At("LAB.example.com.", 443), ElementsAre(kChat.name, kLab.name));
  EXPECT_THAT(At("chat.example.org", 9000), ElementsAre(kChat.name));
  EXPECT_THAT(At("a.example.com", 80), IsEmpty());
  EXPECT_THAT(At("free.example.net", 443), IsEmpty());
}

TEST(Budget, IsDrawnOnByWhatConnectsToItOrMay) {
  PlanNeeds needs;
  EXPECT_THAT(BudgetsOf(Shared(), needs), ElementsAre(kChat, kLab)) << "nothing is known";
  needs.places = {{"free.example.net", 443}, {"a.example.com", 80}};
  EXPECT_THAT(BudgetsOf(Shared(), needs), IsEmpty());
  needs.places->push_back({"chat.example.org", 9000});
  EXPECT_THAT(BudgetsOf(Shared(), needs), ElementsAre(kChat));
  EXPECT_THAT(BudgetsOf(AnyTarget(), needs), IsEmpty());
}

TEST(Budget, IsSharedByNeedInEqualPartsAtMost) {
  PlanNeeds needs;
  EXPECT_EQ(ShareOf(kChat, needs, 1), kChat);
  EXPECT_EQ(ShareOf(kChat, needs, 3), (Budget{kChat.name, 33, 3}));
  EXPECT_EQ(ShareOf(kChat, needs, 1000), (Budget{kChat.name, 1, 1}));
  needs.connections = 4;
  needs.sessions = 2;
  EXPECT_EQ(ShareOf(kChat, needs, 3), (Budget{kChat.name, 4, 2}));
  EXPECT_EQ(ShareOf(kChat, needs, 50), (Budget{kChat.name, 2, 1}));
}

}  // namespace
}  // namespace wsfleet
