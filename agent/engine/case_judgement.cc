#include "agent/engine/case_judgement.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

constexpr std::size_t kMaxCredentials = 16;

// The target's failure says more than one of ours beside it, and what was let in more than any other.
int Weight(FailureClass failure) { return IsOurs(failure) ? 1 : failure == FailureClass::kNotRefused ? 3 : 2; }
int Weight(const std::optional<Failure>& failure) { return failure ? Weight(failure->failure_class) : 0; }

void AddWarnings(std::vector<std::string>& warnings, const std::vector<std::string>& more) {
  for (const std::string& warning : more) SessionOutcome::AddWarning(warnings, warning);
}

}  // namespace

void Judge(CaseResult& result, std::vector<SessionOutcome> outcomes) {
  result.sessions = static_cast<std::uint32_t>(outcomes.size());
  SessionOutcome* shown = nullptr;
  ProofOfExecution all;
  std::map<std::pair<std::string, std::string>, bool> credentials;
  for (SessionOutcome& outcome : outcomes) {
    if (shown == nullptr || Weight(outcome.failure) > Weight(shown->failure)) shown = &outcome;
    result.failed_sessions += outcome.failure ? 1 : 0;
    result.assertions += outcome.assertions;
    all.connections += outcome.proof.connections;
    all.bytes_in += outcome.proof.bytes_in;
    all.bytes_out += outcome.proof.bytes_out;
    all.frames_in += outcome.proof.frames_in;
    all.frames_out += outcome.proof.frames_out;
    AddWarnings(result.warnings, outcome.warnings);
    for (const auto& [use, accepted] : outcome.credentials) credentials[use] |= accepted;
  }
  if (shown != nullptr) {
    result.failure = std::move(shown->failure);
    result.proof = std::move(shown->proof);
  }
  result.proof.connections = all.connections;
  result.proof.bytes_in = all.bytes_in;
  result.proof.bytes_out = all.bytes_out;
  result.proof.frames_in = all.frames_in;
  result.proof.frames_out = all.frames_out;
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
    AddWarnings(before.warnings, last.warnings);
    return before;
  }
  last.earlier_failures = std::move(before.earlier_failures);
  // The first one's evidence is enough to see what it was.
  if (!last.earlier_failures.empty()) before.failure->evidence = {};
  last.earlier_failures.push_back(*std::move(before.failure));
  AddWarnings(before.warnings, last.warnings);
  last.warnings = std::move(before.warnings);
  return last;
}

}  // namespace wsfleet::engine
