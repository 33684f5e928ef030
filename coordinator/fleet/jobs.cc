#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/fleet/machine.h"
#include "coordinator/fleet/placement.h"
#include "core/base/text.h"
#include "core/job/job_id.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

// Jobs from submit to verdict, and the rows and events that tell of them.
namespace wsfleet::fleet {
namespace {

// "another bundle, other regions"; empty: a submit with this spec asks for the same run.
std::string Differences(const JobSpec& known, const JobSpec& asked) {
  const auto sorted = [](std::vector<std::string> terms) {
    std::ranges::sort(terms);
    return terms;
  };
  std::vector<std::string_view> found;
  if (known.bundle != asked.bundle) found.emplace_back("another bundle");
  if (known.selection != asked.selection) found.emplace_back("another selection");
  if (known.variables != asked.variables) found.emplace_back("other variables");
  if (sorted(known.from) != sorted(asked.from)) found.emplace_back("other regions (--from)");
  if (known.every_agent != asked.every_agent) found.emplace_back("another --agents");
  if (known.require != asked.require) found.emplace_back("another --require");
  return fmt::format("{}", fmt::join(found, ", "));
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
  const KnownRun* known = keys_.Find(event.spec.key);
  if (known == nullptr && event.stored) known = &*event.stored;
  if (known != nullptr) {
    if (const std::string differences = Differences(known->spec, event.spec); !differences.empty()) {
      return answer(absl::AlreadyExistsError(
          fmt::format("run key \"{}\" belongs to run {}, which has {}; take another key, or ask for the same",
                      event.spec.key.value(), known->job.value(), differences)));
    }
    // Whoever attaches is about to watch.
    if (deadlines_.DueTime(JobUnwatched{known->job}).has_value()) RestartUnwatched(*FindJob(known->job));
    outbox_.Send(AnswerSubmit{event.request, absl::OkStatus(), known->job, true});
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
  On(SubmitRequested{event.request, event.id, *std::move(spec), event.stored});
}

absl::StatusOr<JobId> Fleet::Machine::StartScheduled(JobSpec spec, std::string note) {
  if (absl::Status status = CheckSubmit(spec); !status.ok()) return status;
  JobId id = JobIdOf(random_());
  while (FindJob(id) != nullptr) id = JobIdOf(random_());
  AddNote(Accept(id, std::move(spec)), std::move(note));
  return id;
}

std::vector<Term> Fleet::Machine::TermsOf(const JobSpec& spec) const {
  std::vector<Term> terms = ParseTerms(spec.from).value();  // they were checked
  return spec.every_agent ? EveryAgent(sessions_, terms) : terms;
}

absl::Status Fleet::Machine::CheckSubmit(const JobSpec& spec) const {
  if (kill_switch_.stopped) {
    return absl::FailedPreconditionError(fmt::format("{} (at {}); nothing runs here until `wsfleet fleet resume`",
                                                     WhyStopped(kill_switch_), UtcText(kill_switch_.changed)));
  }
  if (absl::Status status = CheckSpec(spec); !status.ok()) return status;
  if (jobs_.size() >= settings_.max_open_jobs) {
    return absl::ResourceExhaustedError(
        fmt::format("{} runs have not ended; the fleet's limit is reached", settings_.max_open_jobs));
  }
  if (absl::Status status = policy_.CheckOpenRuns(jobs_.size()); !status.ok()) return status;
  return CheckRoom(TermsOf(spec).size(), spec.cases.size());
}

absl::Status Fleet::Machine::CheckSpec(const JobSpec& spec) const {
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
  if (absl::Status status = policy_.CheckSpec(spec); !status.ok()) return status;
  if (absl::Status status = CheckSize(spec.from.size(), spec.cases.size()); !status.ok()) return status;
  return ParseTerms(spec.from).status();
}

absl::Status Fleet::Machine::CheckSize(std::size_t shards, std::size_t cases) const {
  const std::uint32_t results = settings_.max_results_per_job;
  if (shards > settings_.max_shards_per_job || cases > results || shards * cases > results) {
    return absl::ResourceExhaustedError(
        fmt::format("{} agents and {} cases: a run may have {} agents, and {} results of all together", shards, cases,
                    settings_.max_shards_per_job, results));
  }
  return policy_.CheckShards(shards);
}

absl::Status Fleet::Machine::CheckRoom(std::size_t shards, std::size_t cases) const {
  if (absl::Status status = CheckSize(shards, cases); !status.ok()) return status;
  if (open_shards_ + shards > settings_.max_open_shards) {
    return absl::ResourceExhaustedError(
        fmt::format("{} agents, and {} of runs that have not ended: the fleet's limit is {}; wait for one to end",
                    shards, open_shards_, settings_.max_open_shards));
  }
  return absl::OkStatus();
}

Job& Fleet::Machine::Accept(const JobId& id, JobSpec spec) {
  keys_.Add(id, spec);
  scheduler_.OnStarted(id, spec);
  std::vector<Term> terms = TermsOf(spec);
  JobRecord record;
  record.id = id;
  record.spec = std::move(spec);
  record.created = now_.wall;
  Job& job = jobs_.emplace(id, Job(std::move(record), next_order_++, now_.steady)).first->second;
  Touch(job).announce = true;
  RestartUnwatched(job);
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

void Fleet::Machine::On(const StoreRefused& event) {
  Job* job = FindJob(event.job);
  if (job == nullptr) return;
  const std::string why = fmt::format("not-stored: {}", Excerpt(event.why, 512));
  Touch(*job).announce = true;
  if (job->shards().empty()) {
    queued_.erase({job->order(), job->id()});
    job->GiveUp(why);
  }
  for (Shard& shard : job->shards()) {
    if (shard.is_waiting()) {
      StopWaiting(*job, shard);
      shard.Finish(why);
      TouchShard(*job, shard, true);
    } else if (!shard.is_done()) {
      EndLease(shard.lease, LeaseEnd::kNotStored, why);
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
  TouchedJob& touched = Touch(job);
  touched.shards.insert(shard.record.id.index);
  touched.announce |= announce;
}

void Fleet::Machine::WriteTouched() {
  for (const auto& [id, touched] : std::exchange(touched_, {})) {
    Job& job = *FindJob(id);
    const bool ended = job.HasEnded();
    if (ended) job.End(now_.steady);
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
  scheduler_.WriteTouched();
}

void Fleet::Machine::Forget(const Job& job) {
  for (const Shard& shard : job.shards()) StopWaiting(job, shard);
  budgets_.Forget(job.id());
  deadlines_.Clear(JobDue{job.id()});
  deadlines_.Clear(JobUnwatched{job.id()});
  deadlines_.Clear(JobWaited{job.id()});
  queued_.erase({job.order(), job.id()});
  open_shards_ -= job.shards().size();
  keys_.EndWith(outbox_.commit_of_turn(), job.record().spec.key);
  // A copy: the job takes its own id along.
  const JobId id = job.id();  // NOLINT(performance-unnecessary-copy-initialization)
  scheduler_.OnEnded(id, job.record().spec);
  jobs_.erase(id);
}

}  // namespace wsfleet::fleet
