#pragma once

#include <string>

#include "core/verdict/result.h"

namespace wsfleet::testing {

// Checks of what became of a case: failures of the test that calls them.
void ExpectPassed(const CaseResult& result);
void ExpectFailed(const CaseResult& result, FailureClass failure_class, const std::string& words);
// Whatever the outcome, which is inconclusive for failures of our own.
void ExpectFailure(const CaseResult& result, FailureClass failure_class, const std::string& words);
void ExpectFailure(const CaseResult& result, Phase phase, FailureClass failure_class, const std::string& words);

}  // namespace wsfleet::testing
