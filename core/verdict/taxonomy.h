#pragma once

#include <optional>
#include <span>
#include <string_view>

// The words for what can become of a connection (design.md, "Verdicts"). Names are those of reports and of the
// language; they never change their meaning.
namespace wsfleet {

enum class Outcome { kPassed, kFailed, kInconclusive, kSkipped };

enum class Phase { kNone, kResolve, kConnect, kTls, kUpgrade, kOpen, kMessage, kClose, kHttp };

enum class FailureClass {
  kNone,
  // The target's, or the path's to it.
  kDns,
  kTcp,
  kTls,
  kProxy,
  kUpgradeRefused4xx,
  kUpgradeRefused5xx,
  kNotAWebSocket,
  kAuth,
  kProtocol,
  kClose,
  kNotRefused,
  kHttpStatus,
  kEventMissing,
  kEventOrder,
  kEventDuplicate,
  kEventForbidden,
  kAssertion,
  kLatency,
  kDeadline,
  kInboxOverflow,
  kVacuous,
  // Ours: the result is inconclusive.
  kAgent,
  kGenerator,
  kCoordinator,
  kConfig,
  kGuard,
};

enum class SkipReason {
  kNone,
  kEnvMissing,
  kSecretMissing,
  kEndpointUnreachable,
  kAgentMismatch,
  kTargetUnavailable,
  kTierFailed,
  kDisabled
};

enum class Attribution { kNone, kTarget, kRegionPath, kSingleAgent, kConfiguration, kIntermittent, kUndetermined };

std::string_view OutcomeName(Outcome outcome);            // "passed"
std::string_view OutcomeMark(Outcome outcome);            // "✓", "✗", "?" or "-": one column
std::string_view PhaseName(Phase phase);                  // "upgrade"
std::string_view FailureClassName(FailureClass failure);  // "upgrade-refused-5xx"
std::string_view SkipReasonName(SkipReason reason);       // "env-missing"
std::string_view AttributionName(Attribution attribution);

std::optional<Outcome> ParseOutcome(std::string_view name);
std::optional<Phase> ParsePhase(std::string_view name);
std::optional<FailureClass> ParseFailureClass(std::string_view name);
std::optional<SkipReason> ParseSkipReason(std::string_view name);
std::optional<Attribution> ParseAttribution(std::string_view name);

// True for agent, generator, coordinator, config and guard: they make a result inconclusive, never failed.
bool IsOurs(FailureClass failure);
// An answer (status, frame, close) may convict the target from one vantage; silence (dns, tcp, tls, deadline) needs
// two.
bool IsSilence(FailureClass failure);

}  // namespace wsfleet
