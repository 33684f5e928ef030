#include "core/verdict/taxonomy.h"

#include <array>
#include <utility>

namespace wsfleet {
namespace {

template <typename Value, std::size_t kSize>
using Names = std::array<std::pair<Value, std::string_view>, kSize>;

constexpr Names<Outcome, 4> kOutcomes{{{Outcome::kPassed, "passed"},
                                       {Outcome::kFailed, "failed"},
                                       {Outcome::kInconclusive, "inconclusive"},
                                       {Outcome::kSkipped, "skipped"}}};

constexpr Names<Phase, 9> kPhases{{{Phase::kNone, "none"},
                                   {Phase::kResolve, "resolve"},
                                   {Phase::kConnect, "connect"},
                                   {Phase::kTls, "tls"},
                                   {Phase::kUpgrade, "upgrade"},
                                   {Phase::kOpen, "open"},
                                   {Phase::kMessage, "message"},
                                   {Phase::kClose, "close"},
                                   {Phase::kHttp, "http"}}};

constexpr Names<FailureClass, 27> kFailureClasses{{{FailureClass::kNone, "none"},
                                                   {FailureClass::kDns, "dns"},
                                                   {FailureClass::kTcp, "tcp"},
                                                   {FailureClass::kTls, "tls"},
                                                   {FailureClass::kProxy, "proxy"},
                                                   {FailureClass::kUpgradeRefused4xx, "upgrade-refused-4xx"},
                                                   {FailureClass::kUpgradeRefused5xx, "upgrade-refused-5xx"},
                                                   {FailureClass::kNotAWebSocket, "not-a-websocket"},
                                                   {FailureClass::kAuth, "auth"},
                                                   {FailureClass::kProtocol, "protocol"},
                                                   {FailureClass::kClose, "close"},
                                                   {FailureClass::kNotRefused, "not-refused"},
                                                   {FailureClass::kHttpStatus, "http-status"},
                                                   {FailureClass::kEventMissing, "event-missing"},
                                                   {FailureClass::kEventOrder, "event-order"},
                                                   {FailureClass::kEventDuplicate, "event-duplicate"},
                                                   {FailureClass::kEventForbidden, "event-forbidden"},
                                                   {FailureClass::kAssertion, "assertion"},
                                                   {FailureClass::kLatency, "latency"},
                                                   {FailureClass::kDeadline, "deadline"},
                                                   {FailureClass::kInboxOverflow, "inbox-overflow"},
                                                   {FailureClass::kVacuous, "vacuous"},
                                                   {FailureClass::kAgent, "agent"},
                                                   {FailureClass::kGenerator, "generator"},
                                                   {FailureClass::kCoordinator, "coordinator"},
                                                   {FailureClass::kConfig, "config"},
                                                   {FailureClass::kGuard, "guard"}}};

constexpr Names<SkipReason, 8> kSkipReasons{{{SkipReason::kNone, "none"},
                                             {SkipReason::kEnvMissing, "env-missing"},
                                             {SkipReason::kSecretMissing, "secret-missing"},
                                             {SkipReason::kEndpointUnreachable, "endpoint-unreachable"},
                                             {SkipReason::kAgentMismatch, "agent-mismatch"},
                                             {SkipReason::kTargetUnavailable, "target-unavailable"},
                                             {SkipReason::kTierFailed, "tier-failed"},
                                             {SkipReason::kDisabled, "disabled"}}};

constexpr Names<Attribution, 7> kAttributions{{{Attribution::kNone, "none"},
                                               {Attribution::kTarget, "target"},
                                               {Attribution::kRegionPath, "region-path"},
                                               {Attribution::kSingleAgent, "single-agent"},
                                               {Attribution::kConfiguration, "configuration"},
                                               {Attribution::kIntermittent, "intermittent"},
                                               {Attribution::kUndetermined, "undetermined"}}};

template <typename Value, std::size_t kSize>
std::string_view NameOf(const Names<Value, kSize>& names, Value value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return "none";
}

template <typename Value, std::size_t kSize>
std::optional<Value> ValueOf(const Names<Value, kSize>& names, std::string_view name) {
  for (const auto& [value, known] : names) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view OutcomeMark(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPassed:
      return "✓";
    case Outcome::kFailed:
      return "✗";
    case Outcome::kSkipped:
      return "-";
    case Outcome::kInconclusive:
      break;
  }
  return "?";
}

std::string_view OutcomeName(Outcome outcome) { return NameOf(kOutcomes, outcome); }
std::string_view PhaseName(Phase phase) { return NameOf(kPhases, phase); }
std::string_view FailureClassName(FailureClass failure) { return NameOf(kFailureClasses, failure); }
std::string_view SkipReasonName(SkipReason reason) { return NameOf(kSkipReasons, reason); }
std::string_view AttributionName(Attribution attribution) { return NameOf(kAttributions, attribution); }

std::optional<Outcome> ParseOutcome(std::string_view name) { return ValueOf(kOutcomes, name); }
std::optional<Phase> ParsePhase(std::string_view name) { return ValueOf(kPhases, name); }
std::optional<FailureClass> ParseFailureClass(std::string_view name) { return ValueOf(kFailureClasses, name); }
std::optional<SkipReason> ParseSkipReason(std::string_view name) { return ValueOf(kSkipReasons, name); }
std::optional<Attribution> ParseAttribution(std::string_view name) { return ValueOf(kAttributions, name); }

bool IsOurs(FailureClass failure) {
  switch (failure) {
    case FailureClass::kAgent:
    case FailureClass::kGenerator:
    case FailureClass::kCoordinator:
    case FailureClass::kConfig:
    case FailureClass::kGuard:
      return true;
    default:
      return false;
  }
}

bool IsSilence(FailureClass failure) {
  return failure == FailureClass::kDns || failure == FailureClass::kTcp || failure == FailureClass::kTls ||
         failure == FailureClass::kDeadline;
}

}  // namespace wsfleet
