#include "agent/engine/case_judgement.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

constexpr std::size_t kMaxCredentials = 16;

// The target's failure says more than one of ours beside it, and what was let in more than any other.
int Weight(FailureClass failure) { return IsOurs(failure) ? 1 : failure == FailureClass::kNotRefused ? 3 : 2; }
int Weight(const std::optional<Failure>& failure) { return failure ? Weight(failure->failure_class) : 0; }

}  // namespace

void Judge(CaseResult& result, std::vector<SessionOutcome> outcomes) {
  result.sessions = static_cast<std::uint32_t>(outcomes.size());
  result.failed_sessions = 0;
  result.failure.reset();
  result.proof = {};
  result.assertions = 0;
  std::map<std::pair<std::string, std::string>, bool> credentials;
  for (SessionOutcome& outcome : outcomes) {
    for (const auto& [use, accepted] : outcome.credentials) credentials[use] |= accepted;
    result.assertions += outcome.assertions;
    const ProofOfExecution before = result.proof;
    result.proof = outcome.proof;
    result.proof.connections += before.connections;
    result.proof.bytes_in += before.bytes_in;
    result.proof.bytes_out += before.bytes_out;
    result.proof.frames_in += before.frames_in;
    result.proof.frames_out += before.frames_out;
    result.warnings = outcome.warnings;
    if (!outcome.failure) continue;
    ++result.failed_sessions;
    if (Weight(outcome.failure) > Weight(result.failure)) result.failure = std::move(outcome.failure);
  }
  result.credentials.clear();
  for (const auto& [use, accepted] : credentials) {
    if (result.credentials.size() < kMaxCredentials) result.credentials.push_back({use.first, accepted, use.second});
  }
  result.outcome = !result.failure                         ? Outcome::kPassed
                   : IsOurs(result.failure->failure_class) ? Outcome::kInconclusive
                                                           : Outcome::kFailed;
}

bool MayRunAgain(const CaseResult& tried) {
  return tried.outcome == Outcome::kFailed && tried.failure->failure_class != FailureClass::kNotRefused;
}

CaseResult AfterTry(CaseResult before, CaseResult last) {
  last.started = before.started;
  if (before.outcome != Outcome::kFailed) return last;
  if (last.outcome == Outcome::kInconclusive) {
    before.failure->notes.push_back(
        {fmt::format("try {}", last.tries),
         fmt::format("[{}] {}", FailureClassName(last.failure->failure_class), last.failure->message)});
    before.tries = last.tries;
    return before;
  }
  last.earlier_failures = std::move(before.earlier_failures);
  // The first one's evidence is enough to see what it was.
  if (!last.earlier_failures.empty()) before.failure->evidence = {};
  last.earlier_failures.push_back(*std::move(before.failure));
  return last;
}

}  // namespace wsfleet::engine
