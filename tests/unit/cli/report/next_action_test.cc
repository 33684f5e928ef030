#include "cli/report/next_action.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(NextAction, IsThereForEveryClassAndEveryAttribution) {
  for (int i = 1; i <= static_cast<int>(FailureClass::kGuard); ++i) {
    const auto failure = static_cast<FailureClass>(i);
    EXPECT_NE(WhatToLookAt(failure, false), "") << FailureClassName(failure);
  }
  for (int i = 1; i <= static_cast<int>(Attribution::kUndetermined); ++i) {
    const auto attribution = static_cast<Attribution>(i);
    EXPECT_NE(WhereToBegin(attribution), "") << AttributionName(attribution);
  }
  EXPECT_EQ(WhatToLookAt(FailureClass::kNone, false), "");
  EXPECT_EQ(WhereToBegin(Attribution::kNone), "");
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
