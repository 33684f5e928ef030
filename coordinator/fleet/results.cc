#include <optional>
#include <utility>

#include "coordinator/fleet/machine.h"
#include "core/base/text.h"
#include "fmt/format.h"

// What agents report of shards: results, ends, refusals. And how leases end.
namespace wsfleet::fleet {
namespace {

// Batches that carry nothing new but something to note, over those that carry results: beyond it they are not
// remembered.
constexpr std::size_t kMaxNotedBatches = 16;

// What an agent gets that reports of a shard for the lease that another one has of it. A store gives no number of a
// lease twice, but one that was restored, or made anew, gives some of its life before again, for other shards: who
// still reports for one of these means well, and nothing of it is taken.
std::optional<CloseStream> AnswerToIntruder(const Agent& agent, const LeaseRecord* lease, const ShardId& reported) {
  if (lease == nullptr || lease->agent == agent.record.id || lease->shard != reported) return std::nullopt;
  return CloseStream{agent.stream,
                     fmt::format("agent {} reported for lease {}, which is another agent's", agent.record.id.value(),
                                 lease->id.value()),
                     false, true};
}

}  // namespace

void Fleet::Machine::On(const ResultsReceived& event) {
  Agent* agent = sessions_.ByStream(event.stream);
  if (agent == nullptr) return;
  if (const auto close = AnswerToIntruder(*agent, leases_.Find(event.lease), event.shard)) {
    outbox_.Send(*close);
    return Lose(*agent);
  }
  Job* job = FindJob(event.shard.job);
  const Disposition disposition = job == nullptr ? Disposition::kLate : Take(*agent, *job, event);
  outbox_.Send(SendResultAck{event.stream, event.lease, event.seq, disposition});
}

Disposition Fleet::Machine::Take(const Agent& agent, Job& job, const ResultsReceived& event) {
  Shard* shard = job.Find(event.shard.index);
  const LeaseRecord* lease = leases_.Find(event.lease);
  if (shard == nullptr) return Disposition::kFenced;
  // A lease that has ended may still report what it had. Who had which is known, so that nobody makes one up.
  const bool is_own = lease == nullptr ? shard->WasLeased(event.lease, event.attempt, agent.record.id)
                                       : lease->shard == event.shard && lease->attempt == event.attempt;
  if (!is_own) return Disposition::kFenced;
  if (shard->batches.contains({event.attempt, event.seq})) return Disposition::kDuplicate;

  Job::Taken taken = job.Take(*shard, agent.record.id, event.attempt, event.results);
  const bool confirmed = lease != nullptr && shard->Confirm();
  for (CaseResult& result : taken.counted) {
    JobEventRecord counted;
    counted.kind = JobEventRecord::Kind::kResult;
    counted.shard = event.shard.index;
    counted.case_id = result.case_id;
    outbox_.batch().results.push_back({event.shard, event.attempt, agent.record.id, std::move(result)});
    AddEvent(job, std::move(counted));
  }
  const bool noted =
      !taken.unplanned.empty() && shard->batches.size() < job.record().spec.cases.size() + kMaxNotedBatches;
  if (noted) {
    AddNote(job, fmt::format("{}: agent {} reported {} results that are not in the plan, first \"{}\"", shard->Place(),
                             agent.record.id.value(), taken.unplanned.size(),
                             Excerpt(taken.unplanned.front().value(), 128)));
  }
  if (noted || !taken.counted.empty()) {
    shard->batches.insert({event.attempt, event.seq});
    outbox_.batch().batches.push_back({event.shard, event.attempt, event.seq});
  }
  // Nothing is left to run of a shard that waits for another agent.
  const bool done = shard->is_waiting() && job.IsComplete(*shard);
  if (done) {
    StopWaiting(job, *shard);
    shard->Finish("");
  }
  if (confirmed || noted || !taken.counted.empty()) TouchShard(job, *shard, confirmed || done);
  if (!taken.counted.empty()) return Disposition::kCounted;
  return lease != nullptr ? Disposition::kDuplicate : Disposition::kFenced;
}

void Fleet::Machine::On(const ShardFinished& event) {
  Agent* agent = sessions_.ByStream(event.stream);
  if (agent == nullptr) return;
  const LeaseRecord* lease = leases_.Find(event.lease);
  if (const auto close = AnswerToIntruder(*agent, lease, event.shard)) {
    outbox_.Send(*close);
    return Lose(*agent);
  }
  const std::string& name = agent->record.id.value();
  if (lease != nullptr && lease->shard == event.shard) {
    Job& job = *FindJob(event.shard.job);
    switch (event.end) {
      case ShardEnd::kCompleted:
        Complete(job, *lease, event.reported_cases);
        break;
      case ShardEnd::kCancelled:
        EndLease(event.lease, LeaseEnd::kLost, WhyToStop(*lease).value_or(fmt::format("agent {} stopped it", name)));
        break;
      case ShardEnd::kReleased:
        EndLease(event.lease, LeaseEnd::kReleased, fmt::format("agent {} gave it back", name));
        break;
      case ShardEnd::kInterrupted:
        EndLease(event.lease, LeaseEnd::kLost, fmt::format("agent {} was restarted", name));
        break;
      case ShardEnd::kExpired:
        EndLease(event.lease, LeaseEnd::kLost,
                 fmt::format("agent {} stopped it at the end of its lease, which no coordinator had renewed", name));
        break;
    }
  }
  outbox_.Send(SendShardDoneAck{event.stream, event.lease});
}

void Fleet::Machine::Complete(Job& job, const LeaseRecord& lease, std::uint32_t reported_cases) {
  const Shard& shard = *job.Find(lease.shard.index);
  const std::string& name = lease.agent.value();
  // Of what it reported, some may have been counted before; more than it reported cannot be.
  if (const std::uint32_t counted = shard.CountedIn(lease.attempt); counted > reported_cases) {
    EndLease(
        lease.id, LeaseEnd::kMismatch,
        fmt::format("agent {} ended with {} reported cases, {} of them were counted", name, reported_cases, counted));
  } else {
    EndLease(lease.id, LeaseEnd::kIncomplete,
             fmt::format("agent {} ended without {} of {} cases (it reported {})", name, job.MissingCases(shard).size(),
                         job.record().spec.cases.size(), reported_cases));
  }
}

void Fleet::Machine::On(const AssignmentRefused& event) {
  Agent* agent = sessions_.ByStream(event.stream);
  const LeaseRecord* lease = leases_.Find(event.lease);
  if (agent == nullptr || lease == nullptr) return;
  if (const auto close = AnswerToIntruder(*agent, lease, lease->shard)) {
    outbox_.Send(*close);
    return Lose(*agent);
  }
  EndLease(event.lease, LeaseEnd::kRefused,
           fmt::format("agent {} refused it: {}", agent->record.id.value(), Excerpt(event.reason, 512)));
}

void Fleet::Machine::On(const SecretLost& event) {
  if (leases_.Find(event.lease) == nullptr) return;
  EndLease(event.lease, LeaseEnd::kSecretLost, fmt::format("secret-lost: {}", event.why));
}

void Fleet::Machine::On(const LeaseExpires& due) {
  const AgentId agent = leases_.Find(due.id)->agent;
  Agent* silent = sessions_.Find(agent);
  if (silent != nullptr && silent->unread) {
    deadlines_.Set(due, now_.steady + settings_.lease_time);
    return;
  }
  // Its stream may live on while the process does not: it is stopped, or its host hangs.
  if (silent != nullptr && now_.steady - silent->heard_of >= settings_.lease_time) silent->silent = true;
  const auto overdue = WhyToStop(*leases_.Find(due.id));
  EndLease(due.id, LeaseEnd::kLost, overdue.value_or(fmt::format("agent {} was lost", agent.value())));
}

void Fleet::Machine::On(const AttemptDue& due) {
  const LeaseRecord& lease = *leases_.Find(due.id);
  // The lease is not renewed any more. It ends when the agent has stopped, or by itself: nobody else runs it before.
  FindJob(lease.shard.job)->Find(lease.shard.index)->overdue = true;
  const Agent* agent = sessions_.Find(lease.agent);
  if (agent != nullptr && agent->is_connected()) outbox_.Send(SendCancel{agent->stream, due.id, *WhyToStop(lease)});
}

std::optional<std::string> Fleet::Machine::WhyToStop(const LeaseRecord& lease) {
  Job& job = *FindJob(lease.shard.job);
  if (auto stopped = job.StopReason()) return stopped;
  if (!job.Find(lease.shard.index)->overdue) return std::nullopt;
  return fmt::format("agent {} did not end it within {}", lease.agent.value(),
                     DurationText(job.record().spec.attempt_limit));
}

void Fleet::Machine::EndLease(LeaseId id, LeaseEnd end, std::string why) {
  const LeaseRecord lease = *leases_.Find(id);
  leases_.End(id);
  deadlines_.Clear(LeaseExpires{id});
  deadlines_.Clear(AttemptDue{id});
  outbox_.batch().ended_leases.push_back(id);
  if (end != LeaseEnd::kDenied) budgets_.OnEnded(lease.shares);
  if (const Agent* agent = sessions_.Find(lease.agent)) RoomChanged(*agent);

  Job& job = *FindJob(lease.shard.job);
  Shard& shard = *job.Find(lease.shard.index);
  shard.EndLease(end, std::move(why), job.IsComplete(shard), job.StopReason(), settings_.max_attempts);
  if (!shard.record.reason.empty() && !job.is_stopping()) {
    AddNote(job, fmt::format("{}: {}", shard.Place(), shard.record.reason));
  }
  TouchShard(job, shard, end != LeaseEnd::kDenied);
  if (end != LeaseEnd::kDenied) shard.waits_for_budget = false;
  if (shard.is_done()) return;
  Wait(job, shard);
  // A lease that was only asked for has not ended its waiting.
  if (end == LeaseEnd::kDenied) deadlines_.Set(ShardWaited{shard.record.id}, shard.waits_until);
}

}  // namespace wsfleet::fleet
