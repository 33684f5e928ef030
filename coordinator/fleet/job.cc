#include "coordinator/fleet/job.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/verdict/bulk.h"
#include "core/verdict/summary.h"
#include "fmt/format.h"

namespace wsfleet::fleet {
namespace {

JobState StateOf(JobVerdict verdict) {
  switch (verdict) {
    case JobVerdict::kPassed:
      return JobState::kPassed;
    case JobVerdict::kFailed:
      return JobState::kFailed;
    case JobVerdict::kCancelled:
      return JobState::kCancelled;
    case JobVerdict::kInconclusive:
    case JobVerdict::kTimedOut:
      return JobState::kInconclusive;
  }
  return JobState::kInconclusive;
}

// A case's id is SUITE/SCENARIO, and both may have a / in them.
void NameByCase(const std::vector<std::string>& suites, CaseResult& result) {
  const std::string& id = result.case_id.value();
  const std::string* found = nullptr;
  for (const std::string& suite : suites) {
    if (!id.starts_with(suite) || !std::string_view(id).substr(suite.size()).starts_with('/')) continue;
    const bool is_said = suite == result.suite;
    if (found == nullptr || is_said || (*found != result.suite && suite.size() > found->size())) found = &suite;
  }
  if (found == nullptr) return;
  result.suite = *found;
  result.scenario = id.substr(found->size() + 1);
}

}  // namespace

Job::Job(JobRecord record, std::uint64_t order, SteadyTime created)
    : record_(std::move(record)),
      order_(order),
      created_(created),
      planned_(record_.spec.cases.begin(), record_.spec.cases.end()) {}

void Job::RestoreShard(const ShardRecord& record) {
  Shard shard;
  shard.record = record;
  const absl::StatusOr<Term> term = Term::Parse(record.term);
  shard.term = record_.spec.from.empty() || !term.ok() ? Term::OfRegion(RegionName(record.term)) : *term;
  if (!record.agent.empty()) ++agents_[record.agent];
  shards_.push_back(std::move(shard));
}

Shard* Job::Find(ShardIndex index) {
  if (index.empty() || index.value() > shards_.size()) return nullptr;
  return &shards_[index.value() - 1];
}

void Job::AddShards(std::vector<Term> terms) {
  for (Term& term : terms) {
    Shard shard;
    shard.record.id = {record_.id, ShardIndex(shards_.size() + 1)};
    shard.record.term = term.text();
    shard.term = std::move(term);
    shards_.push_back(std::move(shard));
  }
  record_.state = JobState::kPlacing;
}

std::shared_ptr<const JobSpec> Job::SharedSpec() {
  if (shared_spec_ == nullptr) shared_spec_ = std::make_shared<const JobSpec>(record_.spec);
  return shared_spec_;
}

void Job::BeginLease(Shard& shard, const LeaseRecord& lease, const AgentRecord& agent, SteadyTime now) {
  const auto before = agents_.find(shard.record.agent);
  if (before != agents_.end() && --before->second == 0) agents_.erase(before);
  ++agents_[agent.id];
  shard.BeginLease(lease, agent);
  if (!record_.started.has_value()) record_.started = TimeAt(now);
  record_.state = JobState::kRunning;
}

bool Job::UsesElsewhere(const AgentId& agent, const Shard& shard) const {
  const auto found = agents_.find(agent);
  return found != agents_.end() && found->second > (shard.record.agent == agent ? 1U : 0U);
}

Job::Taken Job::Take(Shard& shard, const AgentId& agent, std::uint32_t attempt, std::span<const CaseResult> results) {
  Taken taken;
  for (const CaseResult& reported : results) {
    if (!planned_.contains(reported.case_id)) {
      taken.unplanned.push_back(reported.case_id);
      continue;
    }
    if (shard.cases.contains(reported.case_id)) continue;
    CaseResult& result = taken.counted.emplace_back(reported);
    NameByCase(record_.spec.suites, result);
    shard.cases.emplace(result.case_id, TakenCase{attempt, agent, WithoutBulk(result)});
    ++shard.record.finished_cases;
    if (result.outcome == Outcome::kFailed) ++shard.record.failed_cases;
  }
  // A shard that was given up may still be completed by results that were on their way.
  if (!taken.counted.empty() && shard.is_done() && IsComplete(shard)) shard.record.reason.clear();
  return taken;
}

std::vector<CaseId> Job::MissingCases(const Shard& shard) const {
  std::vector<CaseId> missing;
  std::ranges::copy_if(record_.spec.cases, std::back_inserter(missing),
                       [&](const CaseId& id) { return !shard.cases.contains(id); });
  return missing;
}

std::vector<CaseId> Job::FinishedCases(const Shard& shard) const {
  std::vector<CaseId> finished;
  std::ranges::copy_if(record_.spec.cases, std::back_inserter(finished),
                       [&](const CaseId& id) { return shard.cases.contains(id); });
  return finished;
}

bool Job::Cancel(std::string reason) {
  if (is_stopping()) return false;
  record_.cancel_requested = true;
  record_.cancel_reason = std::move(reason);
  record_.state = JobState::kFinishing;
  return true;
}

bool Job::PassDeadline() {
  if (is_stopping()) return false;
  record_.deadline_passed = true;
  record_.state = JobState::kFinishing;
  return true;
}

std::optional<std::string> Job::StopReason() const {
  if (record_.cancel_requested) {
    return record_.cancel_reason.empty() ? "cancelled" : fmt::format("cancelled: {}", record_.cancel_reason);
  }
  if (record_.deadline_passed)
    return fmt::format("the run's deadline of {} has passed", DurationText(record_.spec.deadline));
  return std::nullopt;
}

bool Job::HasEnded() {
  if (shards_.empty()) return is_stopping() || !given_up_.empty();
  while (first_open_ < shards_.size() && shards_[first_open_].is_done()) ++first_open_;
  return first_open_ == shards_.size();
}

void Job::End(SteadyTime now) {
  std::vector<RegionResult> regions;
  for (const Shard& shard : shards_) {
    RegionResult& region = regions.emplace_back();
    region.region = RegionName(shard.Place());
    region.agent = shard.record.agent;
    region.vantage = shard.record.vantage;
    for (const CaseId& id : FinishedCases(shard)) region.cases.push_back(shard.cases.at(id).result);
    region.missing = MissingCases(shard);
    region.missing_reason = shard.record.reason;
  }
  const Ending ending{record_.deadline_passed, record_.cancel_requested, StopReason().value_or("")};
  const JobSummary summary = Summarise(regions, record_.spec.require, ending, record_.spec.selection.repeat);

  // What the run does not say stands behind why it is not a pass.
  const std::vector<std::string> left_out = std::exchange(record_.reasons, {});
  if (!given_up_.empty()) record_.reasons.push_back(given_up_);
  for (const std::string& reason : summary.reasons) {
    if (std::ranges::find(record_.reasons, reason) == record_.reasons.end()) record_.reasons.push_back(reason);
  }
  record_.reasons.insert(record_.reasons.end(), left_out.begin(), left_out.end());
  record_.verdict = summary.verdict;
  record_.state = StateOf(summary.verdict);
  record_.finished = TimeAt(now);
  record_.spec.sealed_secrets.clear();
  shared_spec_.reset();
}

}  // namespace wsfleet::fleet
