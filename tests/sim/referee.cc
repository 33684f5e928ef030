#include "tests/sim/referee.h"

#include <algorithm>
#include <iterator>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace wsfleet::sim {
namespace {

// Longer than any deadline, wait and outage of a run together.
constexpr absl::Duration kLongestLease = absl::Minutes(5);
constexpr std::size_t kMaxComplaints = 20;

}  // namespace

void Referee::Complain(std::string what) {
  if (complaints_.size() == kMaxComplaints) return;
  complaints_.push_back(fmt::format("at {}s: {}", absl::ToDoubleSeconds(queue_.now().since_start), what));
}

void Referee::OnEffect(const fleet::Effect& effect) {
  std::visit([this](const auto& one) { OnOne(one); }, effect);
}

void Referee::OnOne(const fleet::SendWelcome& welcome) {
  for (const LeaseId lease : welcome.current_leases) {
    if (!store_.WasLeased(lease)) Complain(fmt::format("welcome names lease {}, not durable", lease.value()));
  }
}

void Referee::OnOne(const fleet::SendAssignment& assignment) {
  const LeaseRecord& lease = assignment.lease;
  if (!store_.WasLeased(lease.id)) Complain(fmt::format("lease {} is sent and not durable", lease.id.value()));
  if (store_.budgets().WasDenied(lease.id)) Complain(fmt::format("I5: lease {} was denied", lease.id.value()));
  for (const CaseId& id : assignment.finished_cases) {
    if (!store_.HasResult(lease.shard, id)) Complain(fmt::format("case {} is not run and has no result", id.value()));
  }
}

void Referee::OnOne(const fleet::SendShardDoneAck& ack) {
  if (store_.leases().contains(ack.lease))
    Complain(fmt::format("lease {} is done and still stored", ack.lease.value()));
}

void Referee::OnOne(const fleet::SendCancel& cancel) {
  if (!store_.WasLeased(cancel.lease)) Complain(fmt::format("cancel of lease {}, not durable", cancel.lease.value()));
}

void Referee::OnOne(const fleet::AnswerSubmit& answer) {
  if (answer.status.ok() && store_.FindJob(answer.job) == nullptr && !IsGone(answer.job)) {
    Complain(fmt::format("I1: job {} is accepted and not durable", answer.job.value()));
  }
}

void Referee::OnOne(const fleet::AnswerSchedule& answer) {
  if (!answer.status.ok()) return;
  const ScheduleRecord& about = answer.after ? *answer.after : *answer.before;
  const auto& schedules = store_.schedules().schedules();
  const auto stored = schedules.find(about.spec.name);
  const bool is_stored = stored != schedules.end() && stored->second.version >= about.version;
  if (is_stored != answer.after.has_value()) {
    Complain(fmt::format("I1: a change of schedule {} is answered and not durable", about.spec.name.value()));
  }
}

void Referee::OnOne(const fleet::NotifyWatchers& notice) {
  if (store_.EventsOf(notice.job).size() < notice.last_event && !IsGone(notice.job)) {
    Complain(fmt::format("watchers of {} are told of event {}, not durable", notice.job.value(), notice.last_event));
  }
}

void Referee::OnAccepted(const RunKey& key, const JobId& job) {
  const auto [known, is_new] = accepted_.emplace(key, job);
  if (!is_new && IsGone(known->second)) known->second = job;  // the key was free again
  if (known->second != job) {
    Complain(fmt::format("I2: key {} names job {} and job {}", key.value(), known->second.value(), job.value()));
  }
}

void Referee::OnDrainWish(const AgentId& agent, std::uint64_t wish) {
  drain_wishes_[agent] = wish;
  drained_.erase(agent);
}

void Referee::OnDrained(const AgentId& agent, std::uint64_t wish, bool drained) {
  if (drain_wishes_[agent] == wish) drained_[agent] = drained;
}

void Referee::OnStopWish(std::uint64_t wish) {
  stop_wish_ = wish;
  stopped_.reset();
}

void Referee::OnStopped(std::uint64_t wish, bool stopped) {
  if (stop_wish_ != wish) return;
  stopped_ = stopped;
  stopped_since_ = queue_.now();
  if (store_.kill_switch().stopped != stopped) Complain("the kill switch is answered and not durable");
}

void Referee::OnCaseBegins(const AgentId& agent, absl::Duration lease_time) {
  if (stopped_ == true && queue_.now() - stopped_since_ > lease_time) {
    Complain(fmt::format("agent {} begins a case {} after the fleet was stopped", agent.value(),
                         absl::FormatDuration(queue_.now() - stopped_since_)));
  }
}

void Referee::OnKeyRefused(const JobSpec& spec) {
  const auto is_other = [&](const auto& entry) {
    const JobSpec& known = entry.second.spec;
    return known.key == spec.key &&
           (known.bundle != spec.bundle || known.from != spec.from || known.require != spec.require);
  };
  if (std::ranges::none_of(store_.jobs(), is_other) && std::ranges::none_of(store_.removed_jobs(), is_other))
    Complain(fmt::format("key {} is refused without a cause", spec.key.value()));
}

void Referee::OnNotOpen(const JobId& job) {
  const JobRecord* record = store_.FindJob(job);
  if (IsGone(job)) return;
  if (record == nullptr || !IsTerminal(record->state)) Complain(fmt::format("I1: job {} is not known", job.value()));
}

void Referee::OnAck(const SpooledBatch& batch, fleet::Disposition disposition) {
  const JobRecord* job = store_.FindJob(batch.shard.job);
  if (job == nullptr && IsGone(batch.shard.job)) return;
  if (job == nullptr) return Complain(fmt::format("I1: job {} has gone", batch.shard.job.value()));
  if (disposition == fleet::Disposition::kLate) {
    if (!IsTerminal(job->state)) Complain(fmt::format("a batch of {} is late, and it runs", job->id.value()));
    return;
  }
  for (const CaseResult& result : batch.results) {
    const bool planned = std::ranges::find(job->spec.cases, result.case_id) != job->spec.cases.end();
    if (planned && !store_.HasResult(batch.shard, result.case_id)) {
      Complain(fmt::format("I8: batch {} of lease {} is acknowledged, and case {} is not durable", batch.seq.value(),
                           batch.lease.value(), result.case_id.value()));
    }
  }
}

void Referee::CheckStep() {
  for (const auto& [key, job] : accepted_) {
    if (store_.FindJob(job) == nullptr && !IsGone(job)) Complain(fmt::format("I1: job {} is lost", job.value()));
  }
  for (const auto& [id, drained] : drained_) {
    const AgentRecord* agent = store_.FindAgent(id);
    if (drained != (agent != nullptr && agent->drained)) {
      Complain(fmt::format("agent {} is to be drained: {}, and it is stored otherwise", id.value(), drained));
    }
  }
  for (std::string& exceeded : store_.budgets().Exceeded()) Complain(std::move(exceeded));
  for (const auto& [id, lease] : store_.leases()) {
    const SteadyTime seen = lease_seen_.emplace(id, queue_.now()).first->second;
    if (queue_.now() - seen > kLongestLease) Complain(fmt::format("I4: lease {} does not end", id.value()));
  }
}

void Referee::CheckLoad(const fleet::Fleet& fleet, const fleet::FleetSettings& settings) {
  const auto memory = Describe(fleet.Snapshot());
  const auto loaded =
      Describe(fleet::Fleet::Load(settings, store_.Load(queue_.clock().steady), queue_.clock()).Snapshot());
  if (memory == loaded) return;
  std::vector<std::string> more, less;
  std::ranges::copy_if(memory, std::back_inserter(more),
                       [&](const auto& line) { return std::ranges::find(loaded, line) == loaded.end(); });
  std::ranges::copy_if(loaded, std::back_inserter(less),
                       [&](const auto& line) { return std::ranges::find(memory, line) == memory.end(); });
  Complain(fmt::format("memory and store differ\n  only in memory: {}\n  only in store: {}", fmt::join(more, "\n    "),
                       fmt::join(less, "\n    ")));
}

bool Referee::AllJobsEnded() const {
  return std::ranges::all_of(store_.jobs(), [](const auto& job) { return IsTerminal(job.second.state); });
}

void Referee::CheckEnd() {
  for (const auto& [id, job] : store_.jobs()) {
    if (!IsTerminal(job.state)) {
      Complain(fmt::format("I1: job {} has not ended, it is {}", id.value(), JobStateName(job.state)));
    }
  }
  for (const auto& [id, lease] : store_.leases()) Complain(fmt::format("I4: lease {} has not ended", id.value()));
  if (store_.budgets().shares() > 0) Complain("I5: a share of a budget has not ended");
}

}  // namespace wsfleet::sim
