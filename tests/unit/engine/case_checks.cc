#include "tests/unit/engine/case_checks.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::testing {

using ::testing::HasSubstr;

void ExpectPassed(const CaseResult& result) {
  EXPECT_EQ(result.outcome, Outcome::kPassed) << (result.failure ? result.failure->message : "");
}

void ExpectFailed(const CaseResult& result, FailureClass failure_class, const std::string& words) {
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  ExpectFailure(result, failure_class, words);
}

void ExpectFailure(const CaseResult& result, FailureClass failure_class, const std::string& words) {
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->failure_class, failure_class) << result.failure->message;
  EXPECT_THAT(result.failure->message, HasSubstr(words));
}

void ExpectFailure(const CaseResult& result, Phase phase, FailureClass failure_class, const std::string& words) {
  ExpectFailure(result, failure_class, words);
  if (result.failure) {
    EXPECT_EQ(PhaseName(result.failure->phase), PhaseName(phase)) << result.failure->message;
  }
}

}  // namespace wsfleet::testing
