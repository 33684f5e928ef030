#include <algorithm>
#include <optional>
#include <utility>

#include "coordinator/fleet/machine.h"
#include "coordinator/fleet/placement.h"
#include "core/base/text.h"
#include "fmt/format.h"

// From a job's terms to leases. A shard waits agents_wait for an agent with room, from when it was created or its last
// lease ended; time in the queue counts.
namespace wsfleet::fleet {
namespace {

// So long it is believed that a budget has no room: nobody tells of shares that other fleets give back.
constexpr absl::Duration kBudgetKnown = absl::Seconds(1);

// What it takes to give one lease of thousands, measured with tests/bench/fleet_bench.
constexpr absl::Duration kPaceOfLeases = absl::Microseconds(100);
constexpr absl::Duration kMaxReportAfter = absl::Seconds(2);
// Fewer agents are done with in less time than anybody sees.
constexpr std::size_t kManyAgents = 256;

// About until the last agent has its first lease: results come in the order and at the pace in which leases went out.
absl::Duration ReportAfter(std::size_t shards, std::size_t agents) {
  const std::size_t at_once = std::min(shards, agents);
  if (at_once < kManyAgents) return absl::ZeroDuration();
  return std::min(kPaceOfLeases * static_cast<std::int64_t>(at_once), kMaxReportAfter);
}

}  // namespace

void Fleet::Machine::BeginPlacing(Job& job, std::vector<Term> terms) {
  open_shards_ += terms.size();
  job.AddShards(std::move(terms));
  for (Shard& shard : job.shards()) {
    // People see the region before an agent is there. A plain name that is no agent's is a region's.
    const Term& term = shard.term;
    const Agent* const named = sessions_.Find(AgentId(term.place()));
    if (named == nullptr && !term.has_glob()) shard.record.region = RegionName(term.place());
    if (named != nullptr && job.record().spec.every_agent) shard.record.region = named->record.region;
    TouchShard(job, shard, true);
    Wait(job, shard);
    // Whoever misspelt a region need not wait to learn it.
    if (const std::string why = WhyNobodyYet(sessions_, term); !why.empty()) {
      AddNote(job, fmt::format("{}: nobody is there yet, waiting up to {}; {}", shard.Place(),
                               DurationText(job.record().spec.agents_wait), why));
    }
  }
}

void Fleet::Machine::Wait(const Job& job, const Shard& shard) {
  matchmaker_.BeginWaiting({job.order(), shard.record.id}, shard.term);
  deadlines_.Set(ShardWaited{shard.record.id}, now_.steady + job.record().spec.agents_wait);
}

void Fleet::Machine::StopWaiting(const Job& job, const Shard& shard) {
  matchmaker_.StopWaiting({job.order(), shard.record.id}, shard.term);
  budgets_.Unpark({job.order(), shard.record.id});
  deadlines_.Clear(ShardWaited{shard.record.id});
}

void Fleet::Machine::On(const ShardWaited& due) {
  Job& job = *FindJob(due.id.job);
  Shard& shard = *job.Find(due.id.index);
  const auto budget = budgets_.ParkedFor({job.order(), shard.record.id});
  StopWaiting(job, shard);
  shard.Finish(budget ? WhyNoShare(job, *budget) : WhyNoAgent(sessions_, job.record().spec, shard));
  AddNote(job, fmt::format("{}: {}", shard.Place(), shard.record.reason));
  TouchShard(job, shard, true);
}

void Fleet::Machine::On(const JobWaited& due) {
  Job& job = *FindJob(due.id);
  queued_.erase({job.order(), job.id()});
  const bool connected =
      std::ranges::any_of(sessions_.all(), [](const auto& entry) { return entry.second.is_connected(); });
  job.GiveUp(fmt::format("{} (waited {})", connected ? "every agent is drained" : "no agent is connected",
                         DurationText(job.record().spec.agents_wait)));
  Touch(job).announce = true;
}

void Fleet::Machine::PlaceQueued() {
  for (const auto& [order, id] : std::set(queued_)) {
    Job& job = *FindJob(id);
    std::vector<Term> terms = FleetTerms(sessions_);
    if (terms.empty()) return;
    if (job.record().spec.every_agent) terms = EveryAgent(sessions_, terms);
    queued_.erase({order, id});
    deadlines_.Clear(JobWaited{id});
    for (std::string& line : LeftOut(sessions_)) {
      AddNote(job, line);
      job.LeaveOut(std::move(line));
    }
    if (const absl::Status size = CheckRoom(terms.size(), job.record().spec.cases.size()); size.ok()) {
      BeginPlacing(job, std::move(terms));
    } else {
      job.GiveUp(std::string(ToStd(size.message())));
      Touch(job).announce = true;
    }
  }
}

void Fleet::Machine::Place() {
  if (!MayPlace()) return;
  PlaceQueued();
  OfferParked(budgets_.Ready([this](const Budgets::Key& key) { return SharesOf(*FindJob(key.second.job)); }));
  for (std::uint32_t decided = 0; decided < settings_.max_leases_per_turn;) {
    const std::optional<Pending::Key> key = matchmaker_.Next(sessions_);
    if (!key) return;
    Job& job = *FindJob(key->second.job);
    Shard& shard = *job.Find(key->second.index);
    std::vector<Budget> shares = SharesOf(job);
    if (const auto lacking = budgets_.Lacking(shares)) {
      WaitForBudget(job, shard, *lacking);
      ++decided;
      continue;
    }
    // Not the agent that asked is taken, but the best of those that are free.
    const Agent* agent = ChooseAgent(sessions_, matchmaker_.free(), job, shard);
    if (agent == nullptr) continue;
    Lease(job, shard, *agent, std::move(shares));
    ++decided;
  }
}

void Fleet::Machine::Lease(Job& job, Shard& shard, const Agent& agent, std::vector<Budget> shares) {
  shard.waits_until = deadlines_.DueTime(ShardWaited{shard.record.id}).value_or(now_.steady);
  StopWaiting(job, shard);
  budgets_.OnAsked(outbox_.commit_of_turn(), shares);
  const LeaseRecord lease = leases_.Grant(shard.record.id, job.NextAttempt(shard), agent.record, std::move(shares));
  if (!job.record().started.has_value()) {
    deadlines_.Set(JobDue{job.id()}, now_.steady + job.record().spec.deadline);
  }
  job.BeginLease(shard, lease, agent.record, now_.steady);
  matchmaker_.Update(agent, leases_.OfAgent(agent.record.id).size(), false);
  outbox_.batch().leases.push_back(lease);
  outbox_.batch().next_lease = leases_.next();
  // One that is asked for again and again is news when its agent has it.
  if (lease.attempt > 1 && !shard.waits_for_budget) {
    AddNote(job, fmt::format("{}: attempt {} on {}", shard.Place(), lease.attempt, agent.record.id.value()));
  }
  TouchShard(job, shard, !shard.waits_for_budget);
  const absl::Duration time_left = *deadlines_.DueTime(JobDue{job.id()}) - now_.steady;
  outbox_.Send(SendAssignment{agent.stream, lease, job.SharedSpec(), job.shards().size(), job.FinishedCases(shard),
                              time_left, policy_.ShareOf(job.shards().size()), policy_.text(),
                              ReportAfter(job.shards().size(), sessions_.connected())});
}

std::vector<Budget> Fleet::Machine::SharesOf(const Job& job) {
  return budgets_.SharesFor(job.id(), job.record().spec.needs, job.shards().size());
}

// It waits as long as it would for an agent.
void Fleet::Machine::WaitForBudget(Job& job, Shard& shard, const BudgetName& budget) {
  const Budgets::Key key{job.order(), shard.record.id};
  matchmaker_.StopWaiting(key, shard.term);
  const std::string taken = budgets_.Describe(budget);
  budgets_.Park(budget, key, !taken.empty());
  if (!deadlines_.DueTime(BudgetOld{budget})) deadlines_.Set(BudgetOld{budget}, now_.steady + kBudgetKnown);
  if (taken.empty()) return;  // what was asked for before it is not decided yet
  shard.record.reason = fmt::format("it waits for a share of budget {}: {}", budget.value(), taken);
  const bool is_news = !std::exchange(shard.waits_for_budget, true);
  if (is_news) AddNote(job, fmt::format("{}: {}", shard.Place(), shard.record.reason));
  TouchShard(job, shard, is_news);
}

std::string Fleet::Machine::WhyNoShare(const Job& job, const BudgetName& budget) const {
  const std::string taken = budgets_.Describe(budget);
  return fmt::format("no share of budget {} came free within {}{}", budget.value(),
                     DurationText(job.record().spec.agents_wait), taken.empty() ? "" : fmt::format(" ({})", taken));
}

void Fleet::Machine::OfferParked(const std::vector<Budgets::Key>& keys) {
  for (const Budgets::Key& key : keys) {
    budgets_.Unpark(key);
    matchmaker_.BeginWaiting(key, FindJob(key.second.job)->Find(key.second.index)->term);
  }
}

void Fleet::Machine::On(const BudgetOld& due) {
  budgets_.LookAgain(due.id);
  if (budgets_.HasParked(due.id)) deadlines_.Set(due, now_.steady + kBudgetKnown);
}

}  // namespace wsfleet::fleet
