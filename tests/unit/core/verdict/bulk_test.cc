#include "core/verdict/bulk.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(WithoutBulk, KeepsWhatAVerdictRestsOnAndNoEvidence) {
  CaseResult result;
  result.outcome = Outcome::kPassed;
  result.flaky = true;
  result.failure.emplace().failure_class = FailureClass::kClose;
  result.failure->evidence.body_excerpt = "body";
  result.failure->evidence.status = 500;
  result.failure->evidence.logs.emplace_back().lines = {"Traceback"};
  result.earlier_failures.assign(2, *result.failure);
  const CaseResult slim = WithoutBulk(result);
  EXPECT_TRUE(slim.flaky);
  EXPECT_EQ(slim.failure->failure_class, FailureClass::kClose);
  EXPECT_TRUE(slim.failure->evidence.body_excerpt.empty());
  EXPECT_EQ(slim.failure->evidence.status, 500u);
  EXPECT_TRUE(slim.failure->evidence.logs.empty());
  EXPECT_TRUE(slim.earlier_failures.empty());
}

}  // namespace
}  // namespace wsfleet
