#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "coordinator/fleet/events.h"
#include "core/base/ids.h"
#include "core/job/batch.h"

// What the machine asks for. Plain values; the shell turns them into commits, messages and answers, in the order given.
namespace wsfleet::fleet {

// Commit this, then report Persisted{commit}. Commits are reported in order. If one fails or its outcome is unknown,
// the machine is discarded and rebuilt by Fleet::Load.
struct Persist {
  CommitId commit;
  WriteBatch batch;
};
struct SendWelcome {
  StreamId stream;
  SessionEpoch epoch;
  std::vector<LeaseId> current_leases;
};
struct SendHeartbeatReply {
  StreamId stream;
  std::uint64_t number = 0;
  std::vector<LeaseId> cancel;
  std::vector<LeaseId> lost;
  bool drain = false;    // an operator's wish, as long as it holds
  bool stopped = false;  // so is this one
  // These it does not renew: what becomes of them is yet to be stored, and follows in a second reply.
  std::vector<LeaseId> not_renewed = {};
};
// An operator's wish has changed.
struct SendDrain {
  StreamId stream;
  bool drain = true;
};
// Nothing may run on any agent of the fleet, or again: what the agent works on ends at once.
struct SendStop {
  StreamId stream;
  bool stopped = true;
  std::string why;
};
// What a lease has of the limits of its run; absent: no limit.
struct LeaseShare {
  std::optional<std::uint32_t> connections;
  std::optional<double> sessions_per_second;
};
// The shell adds bundle, variables and opened secrets. If the stream is gone the effect is dropped: the agent shows at
// its next connection that it does not hold the lease.
struct SendAssignment {
  StreamId stream;
  LeaseRecord lease;
  std::shared_ptr<const JobSpec> spec;  // never null; that of all leases of the job
  std::uint64_t shards = 1;             // of the job
  std::vector<CaseId> finished_cases;
  absl::Duration job_time_left;
  LeaseShare share;
  std::shared_ptr<const std::string> policy;  // of the fleet, as its text
  absl::Duration report_after;                // its agent reports nothing before
};
enum class Disposition { kCounted, kDuplicate, kLate, kFenced };
struct SendResultAck {
  StreamId stream;
  LeaseId lease;
  BatchSeq seq;
  Disposition disposition = Disposition::kCounted;
};
struct SendShardDoneAck {
  StreamId stream;
  LeaseId lease;
};
struct SendCancel {
  StreamId stream;
  LeaseId lease;
  std::string reason;
};
// End the stream with this reason: ABORTED (fenced by a newer one, refused hello), UNAVAILABLE if the agent may try
// again, or PERMISSION_DENIED if it did what no agent does that means well.
struct CloseStream {
  StreamId stream;
  std::string reason;
  bool may_return = false;
  bool is_forbidden = false;
};
struct AnswerSubmit {
  RequestId request;
  // ALREADY_EXISTS: the key has another spec; RESOURCE_EXHAUSTED: a limit; INVALID_ARGUMENT: a term, a duration.
  absl::Status status;
  JobId job;
  bool attached = false;
};
struct AnswerCancel {
  RequestId request;
  // NOT_FOUND: no open job has this id. The machine forgets a job that has ended; the store knows whether it is one,
  // and cancelling it then changes nothing.
  absl::Status status;
};
// Of SetDrained and SetStopped.
struct AnswerWish {
  RequestId request;
  absl::Status status;  // NOT_FOUND: an agent to be drained, or any of the region; then nothing has changed
};
struct AnswerSetPolicy {
  RequestId request;
  absl::Status status;  // ABORTED: it has another version than was expected
  PolicyRecord before, after;
};
enum class ScheduleChange { kUnchanged, kCreated, kUpdated, kDeleted };
struct AnswerSchedule {
  RequestId request;
  // NOT_FOUND: no schedule of this name; ABORTED: it has another version than was expected; INVALID_ARGUMENT,
  // RESOURCE_EXHAUSTED: as of a submit, and the timing.
  absl::Status status;
  ScheduleChange change = ScheduleChange::kUnchanged;
  std::optional<ScheduleRecord> before;
  std::optional<ScheduleRecord> after;
};
// New events of this job are durable: watchers read them from the store.
struct NotifyWatchers {
  JobId job;
  std::uint64_t last_event = 0;
};

using Effect = std::variant<Persist, SendWelcome, SendHeartbeatReply, SendAssignment, SendResultAck, SendShardDoneAck,
                            SendDrain, SendStop, SendCancel, CloseStream, AnswerSubmit, AnswerCancel, AnswerWish,
                            AnswerSetPolicy, AnswerSchedule, NotifyWatchers>;

}  // namespace wsfleet::fleet
