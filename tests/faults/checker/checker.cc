#include "tests/faults/checker/checker.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "fmt/format.h"

namespace wsfleet::testing {
namespace {

constexpr std::size_t kMaxComplaints = 20;

class Comparison {
 public:
  Comparison(const Model& model, const Stored& stored, const TargetLog& log)
      : model_(model), stored_(stored), log_(log) {}

  void CheckTestimony(const Testimony& seen);
  void CheckStore(const std::set<RunKey>& keys);
  void CheckTarget();

  std::vector<std::string> complaints() && { return std::move(complaints_); }

 private:
  template <typename... Values>
  void Complain(fmt::format_string<Values...> text, Values&&... values) {
    if (complaints_.size() < kMaxComplaints) complaints_.push_back(fmt::format(text, std::forward<Values>(values)...));
  }

  void CheckEvents(const Testimony& seen, const Stored::Job& job);
  void CheckEvent(const Testimony::Event& seen, const Stored::Job& job);
  void CheckJob(const Stored::Job& job);
  void CheckHistory(const Stored::Job& job);
  void CheckResults(const Stored::Job& job);
  void CheckExecutions(const Stored::Job& job, const ShardRecord& shard);

  const Model& model_;
  const Stored& stored_;
  const TargetLog& log_;
  std::vector<std::string> complaints_;
};

void Comparison::CheckTestimony(const Testimony& seen) {
  const std::string& key = seen.key.value();
  if (!seen.trouble.empty()) Complain("I1: the run of {} could not be followed: {}", key, seen.trouble);
  for (const JobId& job : seen.acknowledged) {
    if (job != seen.acknowledged.front()) {
      Complain("I2: key {} names {} and {}", key, seen.acknowledged.front().value(), job.value());
    }
  }
  if (seen.acknowledged.empty()) return;
  const auto found = stored_.jobs.find(seen.acknowledged.front());
  if (found == stored_.jobs.end()) {
    return Complain("I1: {} was acknowledged under key {} and is not stored", seen.acknowledged.front().value(), key);
  }
  const JobRecord& job = found->second.job;
  if (job.spec.key != seen.key)
    Complain("I1: {} has key {}, submitted was {}", job.id.value(), job.spec.key.value(), key);
  const std::string verdict(job.verdict ? JobVerdictName(*job.verdict) : "");
  if (seen.trouble.empty() && seen.verdict != verdict) {
    Complain("I3: {} ended as \"{}\" for its client, stored is \"{}\"", job.id.value(), seen.verdict, verdict);
  }
  CheckEvents(seen, found->second);
}

void Comparison::CheckEvents(const Testimony& seen, const Stored::Job& job) {
  std::uint64_t last = 0;
  std::string verdict;
  std::set<std::pair<std::uint64_t, std::string>> results;
  for (const Testimony::Event& event : seen.events) {
    if (event.number <= last) {
      Complain("I2: {}: event {} came after {}", job.job.id.value(), event.number, last);
    }
    last = std::max(last, event.number);
    if (!verdict.empty()) {
      Complain("I3: {}: event {} came after its end as {}", job.job.id.value(), event.number, verdict);
    }
    verdict = event.verdict;
    if (event.kind == JobEventRecord::Kind::kResult && !results.insert({event.shard, event.case_id}).second) {
      Complain("I2: {}: {} of shard {} was shown twice", job.job.id.value(), event.case_id, event.shard);
    }
    CheckEvent(event, job);
  }
  // Events are numbered without gaps, but of several changes of a job a client may be shown the last only.
  const std::size_t expected = seen.trouble.empty() ? job.results.size() : 0;
  if (results.size() < expected) {
    Complain("I8: {}: {} of {} results were shown", job.job.id.value(), results.size(), expected);
  }
}

void Comparison::CheckEvent(const Testimony::Event& seen, const Stored::Job& job) {
  const auto same_number = [&](const JobEventRecord& event) { return event.number == seen.number; };
  const auto event = std::ranges::find_if(job.events, same_number);
  if (event == job.events.end()) {
    return Complain("I1: {}: event {} was shown and is not stored", job.job.id.value(), seen.number);
  }
  if (event->kind != seen.kind || event->text != seen.text) {
    Complain("I3: {}: event {} is another one now: \"{}\", it was \"{}\"", job.job.id.value(), seen.number, event->text,
             seen.text);
  }
  if (seen.kind != JobEventRecord::Kind::kResult) return;
  const auto same_case = [&](const CaseResultRecord& result) {
    return result.shard.index.value() == seen.shard && result.result.case_id.value() == seen.case_id;
  };
  const auto result = std::ranges::find_if(job.results, same_case);
  if (result == job.results.end()) {
    Complain("I1: {}: the result of {} in shard {} was shown and is not stored", job.job.id.value(), seen.case_id,
             seen.shard);
  } else if (OutcomeName(result->result.outcome) != seen.outcome || result->attempt != seen.attempt) {
    Complain("I3: {}: {} in shard {} was {} in attempt {}, stored is {} in attempt {}", job.job.id.value(),
             seen.case_id, seen.shard, seen.outcome, seen.attempt, std::string(OutcomeName(result->result.outcome)),
             result->attempt);
  }
}

void Comparison::CheckStore(const std::set<RunKey>& keys) {
  for (const LeaseRecord& lease : stored_.leases) {
    Complain("I4: lease {} of {}/{} has not ended", lease.id.value(), lease.shard.job.value(),
             lease.shard.index.value());
  }
  std::map<RunKey, JobId> by_key;
  for (const auto& [id, job] : stored_.jobs) {
    if (!keys.contains(job.job.spec.key)) Complain("I2: nobody submitted {}", id.value());
    if (const auto [known, is_new] = by_key.emplace(job.job.spec.key, id); !is_new) {
      Complain("I2: key {} is that of {} and of {}", known->first.value(), known->second.value(), id.value());
    }
    CheckJob(job);
    CheckHistory(job);
    CheckResults(job);
  }
}

void Comparison::CheckJob(const Stored::Job& job) {
  const std::string& id = job.job.id.value();
  const std::string verdict(job.job.verdict ? JobVerdictName(*job.job.verdict) : "");
  if (!IsTerminal(job.job.state)) {
    Complain("I1: {} has not ended, it is {}", id, std::string(JobStateName(job.job.state)));
  } else if (verdict != model_.verdict) {
    Complain("I8: {} ended as {}, expected {}: {}", id, verdict, model_.verdict,
             job.job.reasons.empty() ? "" : job.job.reasons.front());
  }
  if (job.shards.size() != model_.regions) {
    Complain("I1: {} has {} shards, expected {}", id, job.shards.size(), model_.regions);
  }
  for (const ShardRecord& shard : job.shards) {
    if (shard.state != ShardState::kDone) Complain("I4: {}/{} is not done", id, shard.id.index.value());
  }
}

void Comparison::CheckHistory(const Stored::Job& job) {
  const std::string& id = job.job.id.value();
  std::uint64_t expected = 0;
  std::set<std::pair<ShardIndex, CaseId>> results;
  for (const JobEventRecord& event : job.events) {
    if (event.number != ++expected) Complain("I8: {}: event {} follows {}", id, event.number, expected - 1);
    expected = event.number;
    if (event.kind == JobEventRecord::Kind::kResult && !results.insert({event.shard, event.case_id}).second) {
      Complain("I2: {}: {} of shard {} is announced twice", id, event.case_id.value(), event.shard.value());
    }
  }
  if (expected != job.job.last_event)
    Complain("I8: {}: its last event is {}, not {}", id, expected, job.job.last_event);
  if (results.size() != job.results.size()) {
    Complain("I2: {}: {} results are announced, {} are stored", id, results.size(), job.results.size());
  }
}

void Comparison::CheckResults(const Stored::Job& job) {
  const std::string& id = job.job.id.value();
  std::map<std::pair<ShardIndex, CaseId>, int> counted;
  for (const CaseResultRecord& result : job.results) ++counted[{result.shard.index, result.result.case_id}];
  for (const auto& [what, times] : counted) {
    if (times > 1)
      Complain("I2: {}: {} of shard {} counts {} times", id, what.second.value(), what.first.value(), times);
  }
  for (const ShardRecord& shard : job.shards) {
    std::size_t of_shard = 0;
    for (const std::string& name : model_.cases) {
      if (counted.contains({shard.id.index, CaseIdOf(name)})) {
        ++of_shard;
      } else if (model_.verdict == "passed") {
        Complain("I1: {}: shard {} has no result of {}", id, shard.id.index.value(), name);
      }
    }
    if (shard.finished_cases != of_shard) {
      Complain("I2: {}: shard {} counts {} results, it has {}", id, shard.id.index.value(), shard.finished_cases,
               of_shard);
    }
    CheckExecutions(job, shard);
  }
}

// A result that counts rests on an execution that the target saw from its beginning to its end.
void Comparison::CheckExecutions(const Stored::Job& job, const ShardRecord& shard) {
  for (const std::string& name : model_.cases) {
    const auto result = std::ranges::find_if(job.results, [&](const CaseResultRecord& record) {
      return record.shard == shard.id && record.result.case_id == CaseIdOf(name);
    });
    std::uint32_t leases = 0;
    bool complete = false;
    const TargetLog::Execution first{job.job.id, shard.id.index.value(), 0, name};
    for (auto at = log_.executions.lower_bound({first.job, first.shard, 0, ""}); at != log_.executions.end(); ++at) {
      const auto& [execution, sessions] = *at;
      if (execution.job != first.job || execution.shard != first.shard) break;
      if (execution.case_name != name) continue;
      ++leases;
      complete = complete || sessions.closed == model_.sessions;
    }
    const std::string place = fmt::format("{}/{}: {}", job.job.id.value(), shard.id.index.value(), name);
    if (leases > shard.attempt) Complain("I4: {} ran under {} leases in {} attempts", place, leases, shard.attempt);
    const bool passed = result != job.results.end() && result->result.outcome == Outcome::kPassed;
    if (passed && !complete) Complain("I2: {} passed, and the target saw no whole execution of it", place);
  }
}

void Comparison::CheckTarget() {
  if (log_.unreadable > 0) Complain("the target was asked for {} paths that no run has", log_.unreadable);
  for (const auto& [execution, sessions] : log_.executions) {
    const bool planned = std::ranges::find(model_.cases, execution.case_name) != model_.cases.end();
    if (!stored_.jobs.contains(execution.job) || !planned) {
      Complain("I1: the target saw {} of {}, which is not stored", execution.case_name, execution.job.value());
    }
    if (sessions.begun > model_.sessions) {
      Complain("I2: {} of {}/{} ran twice under lease {}: {} sessions", execution.case_name, execution.job.value(),
               execution.shard, execution.lease, sessions.begun);
    }
  }
}

}  // namespace

CaseId CaseIdOf(const std::string& name) { return CaseId(fmt::format("load/chat [round={}]", name)); }

std::vector<std::string> Check(const Model& model, const std::vector<Testimony>& testimonies, const Stored& stored,
                               const TargetLog& log) {
  Comparison comparison(model, stored, log);
  std::set<RunKey> keys;
  for (const Testimony& testimony : testimonies) {
    keys.insert(testimony.key);
    comparison.CheckTestimony(testimony);
  }
  comparison.CheckStore(keys);
  comparison.CheckTarget();
  return std::move(comparison).complaints();
}

}  // namespace wsfleet::testing
