#include "proto/wire/enums.h"

#include <array>
#include <utility>

#include "fmt/format.h"

namespace wsfleet::wire {
namespace {

template <typename Domain, typename Proto>
using Pair = std::pair<Domain, Proto>;

constexpr std::array<Pair<Outcome, v1::Outcome>, 4> kOutcomes{{
    {Outcome::kPassed, v1::OUTCOME_PASSED},
    {Outcome::kFailed, v1::OUTCOME_FAILED},
    {Outcome::kInconclusive, v1::OUTCOME_INCONCLUSIVE},
    {Outcome::kSkipped, v1::OUTCOME_SKIPPED},
}};

constexpr std::array<Pair<Phase, v1::Phase>, 9> kPhases{{
    {Phase::kNone, v1::PHASE_UNSPECIFIED},
    {Phase::kResolve, v1::PHASE_RESOLVE},
    {Phase::kConnect, v1::PHASE_CONNECT},
    {Phase::kTls, v1::PHASE_TLS},
    {Phase::kUpgrade, v1::PHASE_UPGRADE},
    {Phase::kOpen, v1::PHASE_OPEN},
    {Phase::kMessage, v1::PHASE_MESSAGE},
    {Phase::kClose, v1::PHASE_CLOSE},
    {Phase::kHttp, v1::PHASE_HTTP},
}};

constexpr std::array<Pair<FailureClass, v1::FailureClass>, 27> kFailureClasses{{
    {FailureClass::kNone, v1::FAILURE_CLASS_UNSPECIFIED},
    {FailureClass::kDns, v1::FAILURE_CLASS_DNS},
    {FailureClass::kTcp, v1::FAILURE_CLASS_TCP},
    {FailureClass::kTls, v1::FAILURE_CLASS_TLS},
    {FailureClass::kProxy, v1::FAILURE_CLASS_PROXY},
    {FailureClass::kUpgradeRefused4xx, v1::FAILURE_CLASS_UPGRADE_REFUSED_4XX},
    {FailureClass::kUpgradeRefused5xx, v1::FAILURE_CLASS_UPGRADE_REFUSED_5XX},
    {FailureClass::kNotAWebSocket, v1::FAILURE_CLASS_NOT_A_WEBSOCKET},
    {FailureClass::kAuth, v1::FAILURE_CLASS_AUTH},
    {FailureClass::kProtocol, v1::FAILURE_CLASS_PROTOCOL},
    {FailureClass::kClose, v1::FAILURE_CLASS_CLOSE},
    {FailureClass::kNotRefused, v1::FAILURE_CLASS_NOT_REFUSED},
    {FailureClass::kHttpStatus, v1::FAILURE_CLASS_HTTP_STATUS},
    {FailureClass::kEventMissing, v1::FAILURE_CLASS_EVENT_MISSING},
    {FailureClass::kEventOrder, v1::FAILURE_CLASS_EVENT_ORDER},
    {FailureClass::kEventDuplicate, v1::FAILURE_CLASS_EVENT_DUPLICATE},
    {FailureClass::kEventForbidden, v1::FAILURE_CLASS_EVENT_FORBIDDEN},
    {FailureClass::kAssertion, v1::FAILURE_CLASS_ASSERTION},
    {FailureClass::kLatency, v1::FAILURE_CLASS_LATENCY},
    {FailureClass::kDeadline, v1::FAILURE_CLASS_DEADLINE},
    {FailureClass::kInboxOverflow, v1::FAILURE_CLASS_INBOX_OVERFLOW},
    {FailureClass::kVacuous, v1::FAILURE_CLASS_VACUOUS},
    {FailureClass::kAgent, v1::FAILURE_CLASS_AGENT},
    {FailureClass::kGenerator, v1::FAILURE_CLASS_GENERATOR},
    {FailureClass::kCoordinator, v1::FAILURE_CLASS_COORDINATOR},
    {FailureClass::kConfig, v1::FAILURE_CLASS_CONFIG},
    {FailureClass::kGuard, v1::FAILURE_CLASS_GUARD},
}};

constexpr std::array<Pair<SkipReason, v1::SkipReason>, 8> kSkipReasons{{
    {SkipReason::kNone, v1::SKIP_REASON_UNSPECIFIED},
    {SkipReason::kEnvMissing, v1::SKIP_REASON_ENV_MISSING},
    {SkipReason::kSecretMissing, v1::SKIP_REASON_SECRET_MISSING},
    {SkipReason::kEndpointUnreachable, v1::SKIP_REASON_ENDPOINT_UNREACHABLE},
    {SkipReason::kAgentMismatch, v1::SKIP_REASON_AGENT_MISMATCH},
    {SkipReason::kTargetUnavailable, v1::SKIP_REASON_TARGET_UNAVAILABLE},
    {SkipReason::kTierFailed, v1::SKIP_REASON_TIER_FAILED},
    {SkipReason::kDisabled, v1::SKIP_REASON_DISABLED},
}};

constexpr std::array<Pair<JobState, v1::JobState>, 8> kJobStates{{
    {JobState::kQueued, v1::JOB_STATE_QUEUED},
    {JobState::kPlacing, v1::JOB_STATE_PLACING},
    {JobState::kRunning, v1::JOB_STATE_RUNNING},
    {JobState::kFinishing, v1::JOB_STATE_FINISHING},
    {JobState::kPassed, v1::JOB_STATE_PASSED},
    {JobState::kFailed, v1::JOB_STATE_FAILED},
    {JobState::kInconclusive, v1::JOB_STATE_INCONCLUSIVE},
    {JobState::kCancelled, v1::JOB_STATE_CANCELLED},
}};

constexpr std::array<Pair<ShardState, v1::ShardState>, 5> kShardStates{{
    {ShardState::kPending, v1::SHARD_STATE_PENDING},
    {ShardState::kLeased, v1::SHARD_STATE_LEASED},
    {ShardState::kRunning, v1::SHARD_STATE_RUNNING},
    {ShardState::kDone, v1::SHARD_STATE_DONE},
    {ShardState::kLost, v1::SHARD_STATE_LOST},
}};

constexpr std::array<Pair<OverlapPolicy, v1::OverlapPolicy>, 4> kOverlapPolicies{{
    {OverlapPolicy::kSkip, v1::OVERLAP_POLICY_SKIP},
    {OverlapPolicy::kBufferOne, v1::OVERLAP_POLICY_BUFFER_ONE},
    {OverlapPolicy::kAllow, v1::OVERLAP_POLICY_ALLOW},
    {OverlapPolicy::kCancelOther, v1::OVERLAP_POLICY_CANCEL_OTHER},
}};

constexpr std::array<Pair<TickOutcome, v1::TickOutcome>, 5> kTickOutcomes{{
    {TickOutcome::kStarted, v1::TICK_OUTCOME_STARTED},
    {TickOutcome::kWaiting, v1::TICK_OUTCOME_WAITING},
    {TickOutcome::kSkipped, v1::TICK_OUTCOME_SKIPPED},
    {TickOutcome::kMissed, v1::TICK_OUTCOME_MISSED},
    {TickOutcome::kRefused, v1::TICK_OUTCOME_REFUSED},
}};

// The tables name every enumerator; the tests walk the descriptors to hold them to it.
template <typename Table, typename Domain>
auto Encode(const Table& table, Domain value) {
  for (const auto& [domain, proto] : table) {
    if (domain == value) return proto;
  }
  return table.front().second;
}

template <typename Domain, typename Table, typename Proto>
absl::StatusOr<Domain> Decode(const Table& table, Proto value, const char* what) {
  for (const auto& [domain, proto] : table) {
    if (proto == value) return domain;
  }
  return absl::InvalidArgumentError(fmt::format(
      "{}: {} is not a value that this version knows; is the other side newer?", what, static_cast<int>(value)));
}

}  // namespace

v1::Outcome ToWire(Outcome outcome) { return Encode(kOutcomes, outcome); }
v1::Phase ToWire(Phase phase) { return Encode(kPhases, phase); }
v1::FailureClass ToWire(FailureClass failure) { return Encode(kFailureClasses, failure); }
v1::SkipReason ToWire(SkipReason reason) { return Encode(kSkipReasons, reason); }
v1::JobState ToWire(JobState state) { return Encode(kJobStates, state); }
v1::ShardState ToWire(ShardState state) { return Encode(kShardStates, state); }
v1::OverlapPolicy ToWire(OverlapPolicy policy) { return Encode(kOverlapPolicies, policy); }
v1::TickOutcome ToWire(TickOutcome outcome) { return Encode(kTickOutcomes, outcome); }

absl::StatusOr<Outcome> FromWire(v1::Outcome value) { return Decode<Outcome>(kOutcomes, value, "outcome"); }
absl::StatusOr<Phase> FromWire(v1::Phase value) { return Decode<Phase>(kPhases, value, "phase"); }
absl::StatusOr<FailureClass> FromWire(v1::FailureClass value) {
  return Decode<FailureClass>(kFailureClasses, value, "failure_class");
}
absl::StatusOr<SkipReason> FromWire(v1::SkipReason value) {
  return Decode<SkipReason>(kSkipReasons, value, "skip_reason");
}
absl::StatusOr<JobState> FromWire(v1::JobState value) { return Decode<JobState>(kJobStates, value, "state"); }
absl::StatusOr<ShardState> FromWire(v1::ShardState value) { return Decode<ShardState>(kShardStates, value, "state"); }
absl::StatusOr<OverlapPolicy> FromWire(v1::OverlapPolicy value) {
  return Decode<OverlapPolicy>(kOverlapPolicies, value, "overlap");
}
absl::StatusOr<TickOutcome> FromWire(v1::TickOutcome value) {
  return Decode<TickOutcome>(kTickOutcomes, value, "outcome");
}

}  // namespace wsfleet::wire
