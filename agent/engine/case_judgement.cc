#include "agent/engine/case_judgement.h"

#include <algorithm>
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

void AddCredentials(std::vector<CredentialUse>& uses, const std::vector<CredentialUse>& more) {
  for (const CredentialUse& use : more) {
    const auto same = std::ranges::find_if(
        uses, [&](const CredentialUse& known) { return known.name == use.name && known.endpoint == use.endpoint; });
    if (same != uses.end()) {
      same->accepted |= use.accepted;
    } else if (uses.size() < kMaxCredentials) {
      uses.push_back(use);
    }
  }
}

// The first one's evidence is enough to see what it was; of another one, what its lines in a log are found by.
void KeepWhatItIsLookedForBy(Evidence& evidence) {
  Evidence kept;
  kept.status = evidence.status;
  kept.status_reason = std::move(evidence.status_reason);
  kept.close_code = evidence.close_code;
  kept.close_reason = std::move(evidence.close_reason);
  kept.trace_id = std::move(evidence.trace_id);
  evidence = std::move(kept);
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
    before.earlier_sessions = before.earlier_sessions.value_or(EarlierSessions());  // the last one judged nothing
    AddWarnings(before.warnings, last.warnings);
    AddCredentials(before.credentials, last.credentials);
    return before;
  }
  const EarlierSessions earlier = before.earlier_sessions.value_or(EarlierSessions());
  last.earlier_sessions = EarlierSessions{earlier.all + before.sessions,
                                          earlier.failed + std::min(before.failed_sessions, before.sessions)};
  last.earlier_failures = std::move(before.earlier_failures);
  if (!last.earlier_failures.empty()) KeepWhatItIsLookedForBy(before.failure->evidence);
  last.earlier_failures.push_back(*std::move(before.failure));
  AddWarnings(before.warnings, last.warnings);
  last.warnings = std::move(before.warnings);
  // Let in once is let in.
  AddCredentials(before.credentials, last.credentials);
  last.credentials = std::move(before.credentials);
  return last;
}

}  // namespace wsfleet::engine
