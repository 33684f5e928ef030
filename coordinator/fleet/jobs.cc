#include <string>
#include <utility>

#include "coordinator/fleet/machine.h"
#include "coordinator/fleet/placement.h"
#include "core/base/text.h"
#include "core/job/job_id.h"
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
  if (absl::Status status = CheckSubmit(event.spec); !status.ok()) return answer(std::move(status));
  if (FindJob(event.id) != nullptr) {
    return answer(absl::AlreadyExistsError(fmt::format("run {} exists already", event.id.value())));
  }
  Accept(event.id, event.spec);
  answer(absl::OkStatus());
}

void Fleet::Machine::On(const TriggerRequested& event) {
  absl::StatusOr<JobSpec> spec = scheduler_.SpecOf(event.schedule);
  if (!spec.ok()) return outbox_.Send(AnswerSubmit{event.request, spec.status(), event.id, false});
  spec->key = event.key;
  On(SubmitRequested{event.request, event.id, *std::move(spec)});
}

absl::StatusOr<JobId> Fleet::Machine::StartScheduled(JobSpec spec, std::string note) {
  if (absl::Status status = CheckSubmit(spec); !status.ok()) return status;
  JobId id = JobIdOf(random_());
  while (FindJob(id) != nullptr) id = JobIdOf(random_());
  AddNote(Accept(id, std::move(spec)), std::move(note));
  return id;
}

absl::Status Fleet::Machine::CheckSubmit(const JobSpec& spec) const {
  if (absl::Status status = CheckSpec(spec); !status.ok()) return status;
  if (jobs_.size() < settings_.max_open_jobs) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("{} runs have not ended; the fleet's limit is reached", settings_.max_open_jobs));
}

absl::Status Fleet::Machine::CheckSpec(const JobSpec& spec) const {
  const auto positive = [](absl::Duration d) { return d > absl::ZeroDuration() && d != absl::InfiniteDuration(); };
  if (spec.cases.empty()) return absl::InvalidArgumentError("nothing is selected");
  if (!positive(spec.deadline)) return absl::InvalidArgumentError("deadline: expected a time above 0");
  if (spec.agents_wait != absl::ZeroDuration() && !positive(spec.agents_wait)) {
    return absl::InvalidArgumentError("agents_wait: expected a time of 0 or above");
  }
  if (!spec.from.empty() && spec.require.value_or(0) > spec.from.size()) {
    return absl::InvalidArgumentError(
        fmt::format("require: expected at most {}, the number of terms, found {}", spec.from.size(), *spec.require));
  }
  if (!FitsResultLimit(spec.from.size(), spec.cases.size())) {
    return absl::ResourceExhaustedError(
        fmt::format("{} terms and {} cases: a run may have {} shards, and {} results together", spec.from.size(),
                    spec.cases.size(), settings_.max_shards_per_job, settings_.max_results_per_job));
  }
  return ParseTerms(spec.from).status();
}

bool Fleet::Machine::FitsResultLimit(std::size_t shards, std::size_t cases) const {
  return shards <= settings_.max_shards_per_job && cases <= settings_.max_results_per_job &&
         shards * cases <= settings_.max_results_per_job;
}

Job& Fleet::Machine::Accept(const JobId& id, JobSpec spec) {
  if (!spec.key.empty()) keys_[spec.key] = {id, DistinguishingPart(spec)};
  scheduler_.OnStarted(id, spec);
  std::vector<Term> terms = ParseTerms(spec.from).value();  // they were checked
  JobRecord record;
  record.id = id;
  record.spec = std::move(spec);
  record.created = now_.wall;
  Job& job = jobs_.emplace(id, Job(std::move(record), next_order_++)).first->second;
  Touch(job).announce = true;
  RestartUnwatched(job);
  placement_due_ = true;
  if (terms.empty()) {
    queued_.insert({job.order(), job.id()});
    deadlines_.Set(JobWaited{job.id()}, now_.steady + job.record().spec.agents_wait);
  } else {
    BeginPlacing(job, std::move(terms));
  }
  return job;
}

void Fleet::Machine::Cancel(Job& job, std::string_view reason) {
  if (job.Cancel(Excerpt(reason, 512))) Stop(job);
}

void Fleet::Machine::On(const CancelRequested& event) {
  Job* job = FindJob(event.job);
  if (job == nullptr) {
    outbox_.Send(AnswerCancel{event.request, absl::NotFoundError(fmt::format("no open run {}", event.job.value()))});
    return;
  }
  Cancel(*job, event.reason);
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
  Cancel(job, fmt::format("nobody watched for {}", DurationText(settings_.unwatched_limit)));
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
    for (const ShardIndex shard : touched.shards) batch.shards.push_back(job.Find(shard)->record);
    outbox_.Send(NotifyWatchers{id, job.record().last_event});
    if (ended) Forget(job);
  }
  touched_.clear();  // AddEvent touches what is written here
  scheduler_.WriteTouched();
}

void Fleet::Machine::Forget(const Job& job) {
  for (const Shard& shard : job.shards()) StopWaiting(job, shard);
  deadlines_.Clear(JobDue{job.id()});
  deadlines_.Clear(JobUnwatched{job.id()});
  deadlines_.Clear(JobWaited{job.id()});
  queued_.erase({job.order(), job.id()});
  // A copy: the job takes its own id along.
  const JobId id = job.id();  // NOLINT(performance-unnecessary-copy-initialization)
  scheduler_.OnEnded(id, job.record().spec);
  jobs_.erase(id);
}

}  // namespace wsfleet::fleet
