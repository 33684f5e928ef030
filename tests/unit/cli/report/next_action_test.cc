#include "cli/report/next_action.h"

#include "gtest/gtest.h"

namespace wsfleet::cli {
namespace {

TEST(NextAction, IsThereForEveryClassAndEveryAttribution) {
  for (int i = 1; i <= static_cast<int>(FailureClass::kGuard); ++i) {
    const auto failure = static_cast<FailureClass>(i);
    EXPECT_NE(WhatToLookAt(failure), "") << FailureClassName(failure);
  }
  for (int i = 1; i <= static_cast<int>(Attribution::kUndetermined); ++i) {
    const auto attribution = static_cast<Attribution>(i);
    EXPECT_NE(WhereToBegin(attribution), "") << AttributionName(attribution);
  }
  EXPECT_EQ(WhatToLookAt(FailureClass::kNone), "");
  EXPECT_EQ(WhereToBegin(Attribution::kNone), "");
}

}  // namespace
}  // namespace wsfleet::cli
