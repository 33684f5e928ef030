#include "cli/report/next_action.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

AttributedFailure Attributed(Attribution attribution, std::size_t agents, std::size_t vantages) {
  AttributedFailure failure;
  failure.failure_class = FailureClass::kTcp;
  failure.attribution = attribution;
  failure.agents = agents;
  failure.vantages = vantages;
  return failure;
}

TEST(NextAction, AsksForMoreRegionsOnlyWhereTheyHelp) {
  EXPECT_THAT(WhereToBegin(Attributed(Attribution::kUndetermined, 1, 1)),
              HasSubstr("run it from more regions (--from)"));
  AttributedFailure together = Attributed(Attribution::kUndetermined, 3, 1);
  together.undetermined_for = "all 3 agents stand on one host, vm";
  EXPECT_EQ(WhereToBegin(together),
            "all 3 agents stand on one host, vm: agents elsewhere would tell the target from the way to it");
  AttributedFailure proxy = Attributed(Attribution::kUndetermined, 3, 3);
  proxy.failure_class = FailureClass::kProxy;
  proxy.undetermined_for = "the proxy says nothing of the target behind it";
  EXPECT_EQ(WhereToBegin(proxy), proxy.undetermined_for);
}

TEST(NextAction, SpeaksOfEveryVantageOnlyWhereThereAreSeveral) {
  EXPECT_THAT(WhereToBegin(Attributed(Attribution::kTarget, 3, 2)), HasSubstr("every vantage"));
  EXPECT_THAT(WhereToBegin(Attributed(Attribution::kTarget, 3, 1)), Not(HasSubstr("vantage")));
}

TEST(NextAction, IsThereForEveryClassAndEveryAttribution) {
  for (int i = 1; i <= static_cast<int>(FailureClass::kGuard); ++i) {
    const auto failure = static_cast<FailureClass>(i);
    EXPECT_NE(WhatToLookAt(failure, false), "") << FailureClassName(failure);
  }
  for (int i = 1; i <= static_cast<int>(Attribution::kUndetermined); ++i) {
    EXPECT_NE(WhereToBegin(Attributed(static_cast<Attribution>(i), 1, 1)), "") << i;
  }
  EXPECT_EQ(WhatToLookAt(FailureClass::kNone, false), "");
  EXPECT_EQ(WhereToBegin(Attributed(Attribution::kNone, 1, 1)), "");
}

TEST(NextAction, OfALocalRunAsksForNothingThatItsFleetTookAlong) {
  for (int i = 1; i <= static_cast<int>(FailureClass::kGuard); ++i) {
    const std::string advice = WhatToLookAt(static_cast<FailureClass>(i), true);
    EXPECT_THAT(advice, Not(HasSubstr("wsfleet runs"))) << advice;
    EXPECT_THAT(advice, Not(HasSubstr("wsfleet agents"))) << advice;
  }
  EXPECT_THAT(WhatToLookAt(FailureClass::kEventMissing, true), HasSubstr("--report html=FILE"));
}

}  // namespace
}  // namespace wsfleet::cli
