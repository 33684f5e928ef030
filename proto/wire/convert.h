#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/job/records.h"
#include "core/verdict/result.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "grpcpp/support/status.h"
#include "wsfleet/v1/agent_session.pb.h"
#include "wsfleet/v1/job.pb.h"
#include "wsfleet/v1/result.pb.h"

// The only place that turns proto into domain types and back. FromWire checks every limit of the proto comments and
// returns INVALID_ARGUMENT with the field's path; what it returns is valid ever after. ToWire never fails, and keeps
// the same limits: text that is not UTF-8 is replaced, what is too long or too many is cut. Only ids are never cut.
namespace wsfleet::wire {

grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

google::protobuf::Duration ToWire(absl::Duration duration);
google::protobuf::Timestamp ToWire(absl::Time time);
absl::Duration FromWire(const google::protobuf::Duration& duration);
absl::Time FromWire(const google::protobuf::Timestamp& time);

v1::CaseResult ToWire(const CaseResult& result);
absl::StatusOr<CaseResult> FromWire(const v1::CaseResult& result);

v1::Selection ToWire(const Selection& selection);
absl::StatusOr<Selection> FromWire(const v1::Selection& selection);
v1::Variables ToWire(const Variables& variables);
absl::StatusOr<Variables> FromWire(const v1::Variables& variables);

// A job as clients see it, and back (the client's side of it).
v1::Job ToWire(const JobRecord& job, const std::vector<ShardRecord>& shards);
struct JobWithShards {
  JobRecord job;
  std::vector<ShardRecord> shards;
};
absl::StatusOr<JobWithShards> FromWire(const v1::Job& job);
// Takes away what only the answer of Get holds.
void KeepSummary(v1::Job& job);

v1::ShardCaseResult ToWire(const CaseResultRecord& record, const RegionName& region);

// Cuts evidence, the oldest frames first, until the result takes at most `max_bytes`; 64 KiB are always enough for what
// is never cut.
void FitResult(v1::CaseResult& result, std::size_t max_bytes);

}  // namespace wsfleet::wire
