#include "tests/sim/shell.h"

#include <cstdint>
#include <utility>

#include "fmt/format.h"
#include "tests/sim/trace.h"

namespace wsfleet::sim {

Shell::Shell(EventQueue& queue, Dice& dice, Network& network, fleet::FleetSettings settings)
    : queue_(queue), dice_(dice), network_(network), settings_(settings), referee_(store_, queue) {
  network_.SetCoordinator([this](const fleet::Event& event) { Apply(event); });
  Start();
}

template <typename Text>
void Shell::Trace(Text text) {
  if (tracing_) fmt::print("{:9.3f} {}\n", absl::ToDoubleSeconds(queue_.now().since_start), text());
}

void Shell::Start(const fleet::LeaseMemory& known) {
  Trace([] { return "start"; });
  settings_.seed = dice_.Between(0, UINT64_MAX - 1);
  fleet_ = fleet::Fleet::Load(settings_, store_.Load(queue_.clock().steady), queue_.clock(), known);
  network_.SetListening(true);
  ScheduleWakeup();
}

void Shell::Crash(absl::Duration down) {
  if (!up()) return;
  Trace([] { return "crash"; });
  Stop();
  queue_.After(down, [this] { Start(); });
}

// The store can never hold a result of this job: the process goes on with another machine.
void Shell::Refuse(const JobId& job) {
  if (!up()) return;
  Trace([] { return "refused"; });
  ++refusals_;
  const fleet::LeaseMemory known = fleet_->KnownLeases();
  Stop();
  Start(known);
  Apply(fleet::StoreRefused{job, "value too long"});
}

void Shell::Stop() {
  ++life_;
  fleet_.reset();
  journal_.clear();
  committing_ = false;
  wakeup_ = SteadyTime::Infinite();
  network_.SetListening(false);
  network_.CloseAllByCoordinator();
  for (const auto& [id, done] : std::exchange(submits_, {})) done(nullptr);
  for (const auto& [id, done] : std::exchange(cancels_, {})) done(nullptr);
  for (const auto& [id, done] : std::exchange(wishes_, {})) done(nullptr);
  for (const auto& [id, done] : std::exchange(schedules_, {})) done(nullptr);
  for (const auto& [job, clients] : std::exchange(watches_, {})) {
    for (const auto& [client, events] : clients) events(false);
  }
}

void Shell::Apply(const fleet::Event& event) {
  if (!up()) return;
  Trace([&] { return Describe(event); });
  Perform(fleet_->Apply(event, queue_.clock()));
  ScheduleWakeup();
}

void Shell::Perform(std::vector<fleet::Effect> effects) {
  for (fleet::Effect& effect : effects) {
    if (auto* persist = std::get_if<fleet::Persist>(&effect)) {
      journal_.push_back(std::move(*persist));
      ScheduleCommit();
    } else {
      CarryOut(effect);
    }
  }
}

void Shell::CarryOut(const fleet::Effect& effect) {
  Trace([&] { return Describe(effect); });
  referee_.OnEffect(effect);
  if (const auto* close = std::get_if<fleet::CloseStream>(&effect)) {
    if (close->may_return) ++quarantines_;
    network_.CloseByCoordinator(close->stream, close->reason);
  } else if (const auto* submit = std::get_if<fleet::AnswerSubmit>(&effect)) {
    if (auto node = submits_.extract(submit->request)) node.mapped()(submit);
  } else if (const auto* cancel = std::get_if<fleet::AnswerCancel>(&effect)) {
    if (auto node = cancels_.extract(cancel->request)) node.mapped()(cancel);
  } else if (const auto* wish = std::get_if<fleet::AnswerWish>(&effect)) {
    if (auto node = wishes_.extract(wish->request)) node.mapped()(wish);
  } else if (const auto* schedule = std::get_if<fleet::AnswerSchedule>(&effect)) {
    if (auto node = schedules_.extract(schedule->request)) node.mapped()(schedule);
  } else if (const auto* notice = std::get_if<fleet::NotifyWatchers>(&effect)) {
    TellWatchers(notice->job);
  } else {
    std::visit(
        [&](const auto& one) {
          if constexpr (requires { one.stream; }) network_.ToAgent(one.stream, one);
        },
        effect);
  }
}

void Shell::ScheduleCommit() {
  if (committing_) return;
  committing_ = true;
  const absl::Duration takes =
      std::exchange(stall_, absl::ZeroDuration()) + dice_.Between(absl::Milliseconds(1), absl::Milliseconds(30));
  queue_.After(takes, [this, life = life_] {
    if (life == life_) Commit();
  });
}

bool Shell::CrashesHere() {
  if (!faulty_ || dice_.Between(1, 1000) > 3) return false;
  Crash(dice_.Between(absl::ZeroDuration(), absl::Seconds(8)));
  return true;
}

// Of a job of whose results the store holds none.
std::optional<JobId> Shell::RefusedIn(const WriteBatch& batch) {
  for (const CaseResultRecord& result : batch.results) {
    if (result.shard.job.value().ends_with('7')) return result.shard.job;
  }
  return std::nullopt;
}

void Shell::Commit() {
  if (CrashesHere()) return;
  const std::deque<fleet::Persist> group = std::exchange(journal_, {});
  std::vector<fleet::Persisted> persisted;
  std::optional<JobId> refused;
  for (const fleet::Persist& persist : group) {
    // What is behind it was decided on top of it.
    if (refused = RefusedIn(persist.batch); refused) break;
    for (std::string& wrong : store_.Commit(persist.batch, queue_.clock().steady)) referee_.Complain(std::move(wrong));
    persisted.push_back({persist.commit, store_.outcome()});
  }
  if (CrashesHere()) return;
  committing_ = false;
  for (const fleet::Persisted& event : persisted) {
    Apply(event);
    if (CrashesHere()) return;
  }
  if (refused) return Refuse(*refused);
  if (!journal_.empty()) ScheduleCommit();
}

void Shell::ScheduleWakeup() {
  if (!up()) return;
  const SteadyTime due = fleet_->NextWakeup();
  if (due >= wakeup_) return;
  wakeup_ = due;
  queue_.At(due, [this, due, life = life_] {
    if (life != life_ || due != wakeup_) return;
    wakeup_ = SteadyTime::Infinite();
    Apply(fleet::TimePassed{});
  });
}

void Shell::Submit(JobSpec spec, OnSubmit done) {
  if (!up()) return done(nullptr);
  const fleet::RequestId request(next_request_++);
  submits_[request] = std::move(done);
  const auto stored = store_.FindRun(spec.key);
  Apply(fleet::SubmitRequested{request, JobId(fmt::format("r-{}", next_job_++)), std::move(spec), stored});
}

void Shell::Cancel(const JobId& job, OnCancel done) {
  if (!up()) return done(nullptr);
  const fleet::RequestId request(next_request_++);
  cancels_[request] = std::move(done);
  Apply(fleet::CancelRequested{request, job, "the client has had enough"});
}

void Shell::SetDrained(const AgentId& agent, bool drained, OnWish done) {
  if (!up()) return done(nullptr);
  const fleet::RequestId request(next_request_++);
  wishes_[request] = std::move(done);
  Apply(fleet::SetDrained{request, {agent}, {}, drained});
}

void Shell::SetStopped(bool stopped, OnWish done) {
  if (!up()) return done(nullptr);
  const fleet::RequestId request(next_request_++);
  wishes_[request] = std::move(done);
  Apply(fleet::SetStopped{request, stopped, "the operator", "it does harm"});
}

void Shell::AskSchedule(fleet::ScheduleRequest what, OnSchedule done) {
  if (!up()) return done(nullptr);
  const fleet::RequestId request(next_request_++);
  schedules_[request] = std::move(done);
  Apply(fleet::ScheduleRequested{request, std::move(what)});
}

void Shell::Trigger(const ScheduleName& schedule, const RunKey& key, OnSubmit done) {
  if (!up()) return done(nullptr);
  const fleet::RequestId request(next_request_++);
  submits_[request] = std::move(done);
  Apply(fleet::TriggerRequested{request, JobId(fmt::format("r-{}", next_job_++)), schedule, key});
}

void Shell::Watch(const JobId& job, std::uint64_t client, OnEvents events) {
  if (!up()) return events(false);
  watches_[job][client] = std::move(events);
  SetWatchers(job);
  TellWatchers(job);
}

void Shell::Unwatch(const JobId& job, std::uint64_t client) {
  const auto found = watches_.find(job);
  if (found == watches_.end() || found->second.erase(client) == 0) return;
  SetWatchers(job);
}

void Shell::SetWatchers(const JobId& job) {
  Apply(fleet::WatchersChanged{job, static_cast<std::uint32_t>(watches_[job].size())});
}

void Shell::TellWatchers(const JobId& job) {
  const auto found = watches_.find(job);
  if (found == watches_.end()) return;
  for (const auto& [client, events] : std::map(found->second)) events(true);
}

void Shell::CheckLoad() {
  if (up() && journal_.empty() && !committing_) referee_.CheckLoad(*fleet_, settings_);
}

}  // namespace wsfleet::sim
