#include "tests/unit/fleet/fleet_driver.h"

#include <utility>

#include "fmt/format.h"
#include "gtest/gtest.h"

namespace wsfleet::fleet {

FleetDriver::FleetDriver(FleetSettings settings) : settings_(settings), fleet_(settings) {}

FleetDriver::FleetDriver(FleetSettings settings, absl::Time wall) : FleetDriver(settings) { now_.wall = wall; }

void FleetDriver::Apply(const Event& event) { Take(fleet_.Apply(event, now_)); }

void FleetDriver::Take(std::vector<Effect> effects) {
  for (Effect& effect : effects) {
    if (auto* persist = std::get_if<Persist>(&effect)) {
      held_.push_back(std::move(*persist));
    } else {
      effects_.push_back(std::move(effect));
    }
  }
  if (hold_) return;
  while (!held_.empty()) CommitOne();
}

void FleetDriver::CommitAndForget() {
  const WriteBatch batch = held_.front().batch;
  held_.erase(held_.begin());
  for (const std::string& wrong : store_.Commit(batch, now_.steady)) ADD_FAILURE() << wrong;
}

void FleetDriver::CommitOne() {
  const Persist persist = held_.front();
  CommitAndForget();
  Take(fleet_.Apply(Persisted{persist.commit, store_.outcome()}, now_));
}

StreamId FleetDriver::Connect(const std::string& agent, const std::string& region, std::vector<HeldLease> held,
                              const std::string& boot) {
  AgentConnected event;
  event.agent.id = AgentId(agent);
  event.agent.region = RegionName(region);
  event.agent.boot = BootId(boot);
  event.agent.vantage = agent + "-host";
  event.held = std::move(held);
  return ConnectWith(std::move(event));
}

StreamId FleetDriver::ConnectWith(AgentConnected event) {
  event.stream = StreamId(next_stream_++);
  Apply(event);
  return event.stream;
}

void FleetDriver::Heartbeat(StreamId stream, std::vector<LeaseId> leases) {
  Apply(HeartbeatReceived{stream, next_heartbeat_++, std::move(leases)});
}

JobId FleetDriver::Submit(JobSpec spec) {
  const JobId id(fmt::format("r-{}", next_job_++));
  const auto stored = store_.FindRun(spec.key);
  Apply(SubmitRequested{RequestId(next_request_++), id, std::move(spec), stored});
  return id;
}

void FleetDriver::Cancel(const JobId& job, const std::string& reason) {
  Apply(CancelRequested{RequestId(next_request_++), job, reason});
}

void FleetDriver::ApplySchedule(ScheduleSpec spec) { Ask(fleet::ApplySchedule{std::move(spec), std::nullopt, false}); }

void FleetDriver::Ask(ScheduleRequest what) { Apply(ScheduleRequested{RequestId(next_request_++), std::move(what)}); }

JobId FleetDriver::Trigger(const std::string& schedule, const std::string& key) {
  const JobId id(fmt::format("r-{}", next_job_++));
  Apply(TriggerRequested{RequestId(next_request_++), id, ScheduleName(schedule), RunKey(key)});
  return id;
}

void FleetDriver::Report(StreamId stream, const LeaseRecord& lease, std::uint64_t seq,
                         std::vector<CaseResult> results) {
  reported_[lease.id] += static_cast<std::uint32_t>(results.size());
  Apply(ResultsReceived{stream, lease.id, lease.shard, lease.attempt, BatchSeq(seq), std::move(results)});
}

void FleetDriver::Finish(StreamId stream, const LeaseRecord& lease, ShardEnd end) {
  Apply(ShardFinished{stream, lease.id, lease.shard, lease.attempt, end, reported_[lease.id]});
}

void FleetDriver::RunAll(StreamId stream, const SendAssignment& assignment, Outcome outcome) {
  std::vector<CaseResult> results;
  for (const CaseId& id : assignment.spec->cases) results.push_back(Result(id.value(), outcome));
  Report(stream, assignment.lease, 1, std::move(results));
  Finish(stream, assignment.lease);
}

void FleetDriver::Pass(absl::Duration duration) {
  const Now end{now_.steady + duration, now_.wall + duration};
  while (fleet_.NextWakeup() <= end.steady) {
    const SteadyTime due = std::max(fleet_.NextWakeup(), now_.steady);
    now_.wall += due - now_.steady;
    now_.steady = due;
    Apply(TimePassed{});
  }
  now_ = end;
}

void FleetDriver::PassUnnoticed(absl::Duration duration) {
  now_.steady = now_.steady + duration;
  now_.wall += duration;
}

void FleetDriver::Restart() {
  held_.clear();
  ++settings_.seed;
  fleet_ = Fleet::Load(settings_, store_.Load(now_.steady), now_);
}

void FleetDriver::Reload() {
  held_.clear();
  ++settings_.seed;
  fleet_ = Fleet::Load(settings_, store_.Load(now_.steady), now_, fleet_.KnownLeases());
}

const JobRecord& FleetDriver::job(const JobId& id) const {
  static const JobRecord kNone;
  const JobRecord* found = store_.FindJob(id);
  EXPECT_NE(found, nullptr) << id.value();
  return found == nullptr ? kNone : *found;
}

const ScheduleRecord& FleetDriver::schedule(const std::string& name) const {
  static const ScheduleRecord kNone;
  const auto found = store_.schedules().schedules().find(ScheduleName(name));
  EXPECT_NE(found, store_.schedules().schedules().end()) << name;
  return found == store_.schedules().schedules().end() ? kNone : found->second;
}

std::vector<TickRecord> FleetDriver::Ticks(const std::string& schedule) const {
  std::vector<TickRecord> ticks;
  for (const auto& [key, tick] : store_.schedules().ticks()) {
    if (key.first.value() == schedule) ticks.push_back(tick);
  }
  return ticks;
}

ShardRecord FleetDriver::shard(const JobId& id, std::uint64_t index) const {
  const ShardRecord* found = store_.FindShard({id, ShardIndex(index)});
  EXPECT_NE(found, nullptr) << id.value() << "/" << index;
  return found == nullptr ? ShardRecord{} : *found;
}

std::vector<std::string> FleetDriver::Notes(const JobId& id) const {
  std::vector<std::string> notes;
  for (const JobEventRecord& event : store_.EventsOf(id)) {
    if (event.kind == JobEventRecord::Kind::kNote) notes.push_back(event.text);
  }
  return notes;
}

JobSpec TwoCases() {
  JobSpec spec;
  spec.bundle = BundleDigest("d1");
  spec.from = {"eu-west-1"};
  spec.detached = true;
  spec.suites = {"suite"};
  spec.cases = {CaseId("suite/a"), CaseId("suite/b")};
  return spec;
}

ScheduleSpec EachMinute(const std::string& name) {
  ScheduleSpec spec;
  spec.name = ScheduleName(name);
  spec.timing.every = absl::Minutes(1);
  spec.job = TwoCases();
  spec.job.agents_wait = absl::Hours(1);
  spec.job.schedule = spec.name;
  return spec;
}

CaseResult Result(const std::string& case_id, Outcome outcome) {
  CaseResult result;
  result.case_id = CaseId(case_id);
  result.outcome = outcome;
  return result;
}

}  // namespace wsfleet::fleet
