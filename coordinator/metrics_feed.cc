#include "coordinator/metrics_feed.h"

#include <algorithm>
#include <string_view>

namespace wsfleet::coordinator {
namespace {

using monitoring::Metric;

// A case's id is that of its suite, a slash, and its name. Which suites there are says the plan, not the agent.
std::pair<std::string, std::string> NameOf(const JobSpec& spec, const CaseId& id) {
  const std::string& text = id.value();
  std::size_t suite = 0;
  for (const std::string& name : spec.suites) {
    if (text.size() > name.size() && text[name.size()] == '/' && text.starts_with(name)) {
      suite = std::max(suite, name.size());
    }
  }
  if (suite == 0) suite = std::min(text.find('/'), text.size());
  return {text.substr(0, suite), suite < text.size() ? text.substr(suite + 1) : std::string()};
}

std::string WhyOf(const CaseResult& result) {
  if (result.outcome == Outcome::kSkipped) return std::string(SkipReasonName(result.skip_reason));
  return result.failure ? std::string(FailureClassName(result.failure->failure_class)) : std::string();
}

}  // namespace

void MetricsFeed::OnPersist(fleet::CommitId id, const WriteBatch& batch) {
  if (metrics_ == nullptr) return;
  Commit commit;
  commit.id = id;
  std::map<JobId, const JobRecord*> jobs;
  for (const JobRecord& job : batch.jobs) jobs[job.id] = &job;
  std::map<ShardId, const ShardRecord*> shards;
  for (const ShardRecord& shard : batch.shards) shards[shard.id] = &shard;
  for (const CaseResultRecord& counted : batch.results) {
    const auto job = jobs.find(counted.shard.job);
    const auto shard = shards.find(counted.shard);
    Check& check = commit.checks.emplace_back();
    check.outcome = counted.result.outcome;
    check.why = WhyOf(counted.result);
    if (shard != shards.end()) check.region = shard->second->region;
    if (job == jobs.end() || job->second->spec.schedule.empty()) continue;
    check.schedule = job->second->spec.schedule;
    check.name = NameOf(job->second->spec, counted.result.case_id);
  }
  for (const JobRecord& job : batch.jobs) {
    if (!IsTerminal(job.state) || job.spec.schedule.empty()) continue;
    std::set<Name> names;
    for (const CaseId& id_of_case : job.spec.cases) names.insert(NameOf(job.spec, id_of_case));
    commit.ended.emplace_back(job.spec.schedule, std::move(names));
  }
  for (const TickRecord& tick : batch.ticks) {
    if (tick.outcome == TickOutcome::kMissed) commit.missed += tick.count;
  }
  commit.removed = batch.removed_schedules;
  const bool nothing = commit.checks.empty() && commit.missed == 0 && commit.ended.empty() && commit.removed.empty();
  if (!nothing) pending_.push_back(std::move(commit));
}

void MetricsFeed::OnPersisted(fleet::CommitId id) {
  const auto end = std::ranges::find_if(pending_, [&](const Commit& commit) { return id < commit.id; });
  for (auto commit = pending_.begin(); commit != end; ++commit) {
    for (const Check& check : commit->checks) Count(check);
    for (const auto& [schedule, names] : commit->ended) Forget(schedule, names);
    for (const ScheduleName& schedule : commit->removed) Forget(schedule, {});
    if (commit->missed > 0) {
      metrics_->Add(Metric::kScheduleMissed, {fleet_.value()}, static_cast<double>(commit->missed));
    }
  }
  pending_.erase(pending_.begin(), end);
}

void MetricsFeed::Count(const Check& check) {
  Name name = check.name;
  if (!check.schedule.empty() && !names_.contains(name)) {
    if (names_.size() < kMaxNames) {
      names_.insert(name);
    } else {
      name = {};
    }
  }
  metrics_->Add(Metric::kChecks, {fleet_.value(), name.first, name.second, check.region.value(),
                                  std::string(OutcomeName(check.outcome)), check.why});
  const bool judged = check.outcome == Outcome::kPassed || check.outcome == Outcome::kFailed;
  if (name == Name() || !judged) return;
  shown_[{name, check.region}] = check.schedule;
  metrics_->Set(Metric::kCheckSuccess, {fleet_.value(), name.first, name.second, check.region.value()},
                check.outcome == Outcome::kPassed ? 1 : 0);
}

void MetricsFeed::Forget(const ScheduleName& schedule, const std::set<Name>& but) {
  std::erase_if(shown_, [&](const auto& entry) {
    const auto& [name, region] = entry.first;
    if (entry.second != schedule || but.contains(name)) return false;
    metrics_->Remove(Metric::kCheckSuccess, {fleet_.value(), name.first, name.second, region.value()});
    return true;
  });
}

void MetricsFeed::GiveUp() {
  Discard();
  for (const auto& [key, schedule] : shown_) {
    const auto& [name, region] = key;
    metrics_->Remove(Metric::kCheckSuccess, {fleet_.value(), name.first, name.second, region.value()});
  }
  shown_.clear();
}

}  // namespace wsfleet::coordinator
