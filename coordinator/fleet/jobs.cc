#include <string>
#include <utility>

#include "coordinator/fleet/machine.h"
#include "coordinator/fleet/placement.h"
#include "core/base/text.h"
#include "fmt/format.h"

// Jobs from submit to verdict, and the rows and events that tell of them.
namespace wsfleet::fleet {
namespace {

bool IsSameRun(const JobSpec& a, const JobSpec& b) {
  return a.bundle == b.bundle && a.selection == b.selection && a.variables == b.variables;
}

}  // namespace

Job* Fleet::Machine::FindJob(const JobId& id) {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

void Fleet::Machine::On(const SubmitRequested& event) {
  const auto answer = [&](absl::Status status) {
    outbox_.Send(AnswerSubmit{event.request, std::move(status), event.id, false});
  };
  if (const auto known = keys_.find(event.spec.key); !event.spec.key.empty() && known != keys_.end()) {
    const JobId& job = known->second.job;
    if (!IsSameRun(known->second.spec, event.spec)) {
      answer(absl::AlreadyExistsError(
          fmt::format("run key \"{}\" belongs to run {}, which has another bundle, selection or variables",
                      event.spec.key.value(), job.value())));
      return;
    }
    // Whoever attaches is about to watch.
    if (deadlines_.DueTime(JobUnwatched{job}).has_value()) RestartUnwatched(*FindJob(job));
    outbox_.Send(AnswerSubmit{event.request, absl::OkStatus(), job, true});
    return;
  }
  absl::StatusOr<std::vector<Term>> terms = ParseTerms(event.spec.from);
  if (!terms.ok()) return answer(terms.status());
  if (event.spec.every_agent) terms = EveryAgent(sessions_, *terms);
  if (absl::Status status = CheckSubmit(event.spec, terms->size()); !status.ok()) return answer(std::move(status));
  if (FindJob(event.id) != nullptr) {
    return answer(absl::AlreadyExistsError(fmt::format("run {} exists already", event.id.value())));
  }
  Accept(event, *std::move(terms));
}

absl::Status Fleet::Machine::CheckSubmit(const JobSpec& spec, std::size_t shards) const {
  const auto positive = [](absl::Duration d) { return d > absl::ZeroDuration() && d != absl::InfiniteDuration(); };
  if (spec.cases.empty()) return absl::InvalidArgumentError("nothing is selected");
  if (!positive(spec.deadline)) return absl::InvalidArgumentError("deadline: expected a time above 0");
  if (spec.agents_wait != absl::ZeroDuration() && !positive(spec.agents_wait)) {
    return absl::InvalidArgumentError("agents_wait: expected a time of 0 or above");
  }
  // How many regions every agent comes to is known when it is placed.
  if (!spec.from.empty() && !spec.every_agent && spec.require.value_or(0) > spec.from.size()) {
    return absl::InvalidArgumentError(
        fmt::format("require: expected at most {}, the number of terms, found {}", spec.from.size(), *spec.require));
  }
  if (jobs_.size() >= settings_.max_open_jobs) {
    return absl::ResourceExhaustedError(
        fmt::format("{} runs have not ended; the fleet's limit is reached", settings_.max_open_jobs));
  }
  return CheckSize(shards, spec.cases.size());
}

absl::Status Fleet::Machine::CheckSize(std::size_t shards, std::size_t cases) const {
  const std::uint32_t results = settings_.max_results_per_job;
  if (shards > settings_.max_shards_per_job || cases > results || shards * cases > results) {
    return absl::ResourceExhaustedError(
        fmt::format("{} agents and {} cases: a run may have {} agents, and {} results of all together", shards, cases,
                    settings_.max_shards_per_job, results));
  }
  if (open_shards_ + shards > settings_.max_open_shards) {
    return absl::ResourceExhaustedError(
        fmt::format("{} agents, and {} of runs that have not ended: the fleet's limit is {}; wait for one to end",
                    shards, open_shards_, settings_.max_open_shards));
  }
  return absl::OkStatus();
}

void Fleet::Machine::Accept(const SubmitRequested& event, std::vector<Term> terms) {
  JobRecord record;
  record.id = event.id;
  record.spec = event.spec;
  record.created = now_.wall;
  if (!event.spec.key.empty()) keys_[event.spec.key] = {event.id, DistinguishingPart(event.spec)};
  Job& job = jobs_.emplace(event.id, Job(std::move(record), next_order_++)).first->second;
  Touch(job).announce = true;
  RestartUnwatched(job);
  if (terms.empty()) {
    queued_.insert({job.order(), job.id()});
    deadlines_.Set(JobWaited{job.id()}, now_.steady + job.record().spec.agents_wait);
  } else {
    BeginPlacing(job, std::move(terms));
  }
  outbox_.Send(AnswerSubmit{event.request, absl::OkStatus(), job.id(), false});
}

void Fleet::Machine::On(const CancelRequested& event) {
  Job* job = FindJob(event.job);
  if (job == nullptr) {
    outbox_.Send(AnswerCancel{event.request, absl::NotFoundError(fmt::format("no open run {}", event.job.value()))});
    return;
  }
  if (job->Cancel(Excerpt(event.reason, 512))) Stop(*job);
  outbox_.Send(AnswerCancel{event.request, absl::OkStatus()});
}

void Fleet::Machine::On(const WatchersChanged& event) {
  const Job* job = FindJob(event.job);
  if (job == nullptr) return;
  if (event.watchers > 0) {
    deadlines_.Clear(JobUnwatched{event.job});
  } else {
    RestartUnwatched(*job);
  }
}

void Fleet::Machine::RestartUnwatched(const Job& job) {
  if (job.record().spec.detached || job.is_stopping()) return;
  deadlines_.Set(JobUnwatched{job.id()}, now_.steady + settings_.unwatched_limit);
}

void Fleet::Machine::On(const JobUnwatched& due) {
  Job& job = *FindJob(due.id);
  if (job.Cancel(fmt::format("nobody watched for {}", DurationText(settings_.unwatched_limit)))) Stop(job);
}

void Fleet::Machine::On(const JobDue& due) {
  Job& job = *FindJob(due.id);
  if (job.PassDeadline()) Stop(job);
}

void Fleet::Machine::Stop(Job& job) {
  deadlines_.Clear(JobDue{job.id()});
  deadlines_.Clear(JobUnwatched{job.id()});
  deadlines_.Clear(JobWaited{job.id()});
  queued_.erase({job.order(), job.id()});
  Touch(job).announce = true;
  const std::string reason = *job.StopReason();
  for (Shard& shard : job.shards()) {
    if (shard.is_waiting()) {
      StopWaiting(job, shard);
      shard.Finish(reason);
      TouchShard(job, shard, true);
    } else if (!shard.is_done()) {
      const Agent* agent = sessions_.Find(shard.record.agent);
      if (agent != nullptr && agent->is_connected()) outbox_.Send(SendCancel{agent->stream, shard.lease, reason});
    }
  }
}

void Fleet::Machine::AddEvent(Job& job, JobEventRecord event) {
  event.job = job.id();
  event.number = job.NextEventNumber();
  event.at = now_.wall;
  outbox_.batch().events.push_back(std::move(event));
  Touch(job);
}

void Fleet::Machine::AddNote(Job& job, std::string text) {
  JobEventRecord note;
  note.kind = JobEventRecord::Kind::kNote;
  note.text = std::move(text);
  AddEvent(job, std::move(note));
}

void Fleet::Machine::TouchShard(const Job& job, const Shard& shard, bool announce) {
  Touched& touched = Touch(job);
  touched.shards.insert(shard.record.id.index);
  touched.announce |= announce;
}

void Fleet::Machine::WriteTouched() {
  for (const auto& [id, touched] : std::exchange(touched_, {})) {
    Job& job = *FindJob(id);
    const bool ended = job.HasEnded();
    if (ended) job.End(now_.wall);
    if (touched.announce || ended) AddEvent(job, {});
    WriteBatch& batch = outbox_.batch();
    batch.jobs.push_back(job.record());
    for (const ShardIndex index : touched.shards) {
      ShardRecord& shard = job.Find(index)->record;
      shard.changed = job.record().last_event;
      batch.shards.push_back(shard);
    }
    outbox_.Send(NotifyWatchers{id, job.record().last_event});
    if (ended) Forget(job);
  }
  touched_.clear();  // AddEvent touches what is written here
}

void Fleet::Machine::Forget(const Job& job) {
  for (const Shard& shard : job.shards()) StopWaiting(job, shard);
  deadlines_.Clear(JobDue{job.id()});
  deadlines_.Clear(JobUnwatched{job.id()});
  deadlines_.Clear(JobWaited{job.id()});
  queued_.erase({job.order(), job.id()});
  open_shards_ -= job.shards().size();
  // A copy: the job takes its own id along.
  const JobId id = job.id();  // NOLINT(performance-unnecessary-copy-initialization)
  jobs_.erase(id);
}

}  // namespace wsfleet::fleet
