#include "core/job/batch.h"

namespace wsfleet {
namespace {

std::size_t BytesOf(const Failure& failure) {
  const Evidence& evidence = failure.evidence;
  std::size_t bytes = sizeof(Failure) + failure.message.size() + failure.hint.size() + evidence.body_excerpt.size();
  for (const Note& note : failure.notes) bytes += sizeof(note) + note.text.size();
  for (const HeaderField& header : evidence.headers) bytes += sizeof(header) + header.name.size() + header.value.size();
  for (const std::string& certificate : evidence.certificates) bytes += sizeof(std::string) + certificate.size();
  for (const TranscriptEntry& entry : evidence.transcript) bytes += sizeof(entry) + entry.excerpt.size();
  for (const LogExcerpt& log : evidence.logs) {
    for (const std::string& line : log.lines) bytes += sizeof(std::string) + line.size();
  }
  return bytes;
}

std::size_t BytesOf(const CaseResult& result) {
  std::size_t bytes = sizeof(CaseResult) + result.case_id.value().size() + result.suite.size() + result.scenario.size();
  for (const std::string& warning : result.warnings) bytes += sizeof(std::string) + warning.size();
  if (result.failure) bytes += BytesOf(*result.failure);
  for (const Failure& failure : result.earlier_failures) bytes += BytesOf(failure);
  return bytes;
}

}  // namespace

bool WriteBatch::empty() const {
  return jobs.empty() && shards.empty() && leases.empty() && ended_leases.empty() && batches.empty() &&
         results.empty() && events.empty() && removed_agents.empty() && agents.empty() && !next_lease.has_value() &&
         !kill_switch.has_value() && removed_schedules.empty() && schedules.empty() && ticks.empty() &&
         !policy.has_value() && !budgets.has_value();
}

std::set<BudgetName> DrawnBudgets(const WriteBatch& batch) {
  std::set<BudgetName> names;
  for (const LeaseRecord& lease : batch.leases) {
    for (const Budget& share : lease.shares) names.insert(share.name);
  }
  return names;
}

std::size_t ApproximateBytes(const WriteBatch& batch) {
  // An id or a name of these is seldom longer than what a string holds in itself.
  std::size_t bytes = batch.shards.size() * sizeof(ShardRecord) + batch.leases.size() * sizeof(LeaseRecord) +
                      batch.batches.size() * sizeof(BatchRecord) + batch.agents.size() * sizeof(AgentRecord);
  for (const LeaseRecord& lease : batch.leases) bytes += lease.shares.size() * sizeof(Budget);
  for (const ShardRecord& shard : batch.shards) bytes += shard.past_leases.size() * sizeof(PastLease);
  for (const JobRecord& job : batch.jobs) {
    bytes += sizeof(JobRecord);
    for (const CaseId& id : job.spec.cases) bytes += sizeof(id) + id.value().size();
    for (const std::string& term : job.spec.from) bytes += sizeof(std::string) + term.size();
    for (const std::string& reason : job.reasons) bytes += sizeof(std::string) + reason.size();
  }
  for (const CaseResultRecord& taken : batch.results) bytes += sizeof(taken) + BytesOf(taken.result);
  for (const JobEventRecord& event : batch.events) bytes += sizeof(event) + event.text.size();
  return bytes;
}

}  // namespace wsfleet
