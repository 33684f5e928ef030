#pragma once

#include "absl/status/statusor.h"
#include "core/job/records.h"
#include "core/schedule/records.h"
#include "core/verdict/taxonomy.h"
#include "wsfleet/v1/agent_session.pb.h"
#include "wsfleet/v1/job.pb.h"
#include "wsfleet/v1/result.pb.h"
#include "wsfleet/v1/schedule.pb.h"

// Enumerators one by one. An enumerator that this version does not know is INVALID_ARGUMENT where a meaning depends on
// it; "unspecified" stands for the domain's "none" where there is one.
namespace wsfleet::wire {

v1::Outcome ToWire(Outcome outcome);
v1::Phase ToWire(Phase phase);
v1::FailureClass ToWire(FailureClass failure);
v1::SkipReason ToWire(SkipReason reason);
v1::JobState ToWire(JobState state);
v1::ShardState ToWire(ShardState state);
v1::OverlapPolicy ToWire(OverlapPolicy policy);
v1::TickOutcome ToWire(TickOutcome outcome);

absl::StatusOr<Outcome> FromWire(v1::Outcome outcome);
absl::StatusOr<Phase> FromWire(v1::Phase phase);
absl::StatusOr<FailureClass> FromWire(v1::FailureClass failure);
absl::StatusOr<SkipReason> FromWire(v1::SkipReason reason);
absl::StatusOr<JobState> FromWire(v1::JobState state);
absl::StatusOr<ShardState> FromWire(v1::ShardState state);
absl::StatusOr<OverlapPolicy> FromWire(v1::OverlapPolicy policy);
absl::StatusOr<TickOutcome> FromWire(v1::TickOutcome outcome);

}  // namespace wsfleet::wire
