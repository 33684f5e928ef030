#include "core/job/records.h"

#include <array>
#include <utility>

namespace wsfleet {
namespace {

constexpr std::array<std::pair<JobState, std::string_view>, 8> kJobStates{{
    {JobState::kQueued, "queued"},
    {JobState::kPlacing, "placing"},
    {JobState::kRunning, "running"},
    {JobState::kFinishing, "finishing"},
    {JobState::kPassed, "passed"},
    {JobState::kFailed, "failed"},
    {JobState::kInconclusive, "inconclusive"},
    {JobState::kCancelled, "cancelled"},
}};

constexpr std::array<std::pair<ShardState, std::string_view>, 5> kShardStates{{
    {ShardState::kPending, "pending"},
    {ShardState::kLeased, "leased"},
    {ShardState::kRunning, "running"},
    {ShardState::kDone, "done"},
    {ShardState::kLost, "lost"},
}};

template <typename Table, typename State>
std::string_view NameIn(const Table& table, State state) {
  for (const auto& [value, name] : table) {
    if (value == state) return name;
  }
  return "unknown";
}

template <typename State, std::size_t kSize>
std::optional<State> FindIn(const std::array<std::pair<State, std::string_view>, kSize>& table, std::string_view name) {
  for (const auto& [value, known] : table) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::size_t BytesOf(const CaseResult& result) {
  std::size_t bytes = sizeof(CaseResult) + result.case_id.value().size() + result.suite.size() + result.scenario.size();
  for (const std::string& warning : result.warnings) bytes += sizeof(warning) + warning.size();
  if (!result.failure) return bytes;
  const Evidence& evidence = result.failure->evidence;
  bytes +=
      sizeof(Failure) + result.failure->message.size() + result.failure->hint.size() + evidence.body_excerpt.size();
  for (const Note& note : result.failure->notes) bytes += sizeof(note) + note.text.size();
  for (const HeaderField& header : evidence.headers) bytes += sizeof(header) + header.name.size() + header.value.size();
  for (const std::string& certificate : evidence.certificates) bytes += sizeof(certificate) + certificate.size();
  for (const TranscriptEntry& entry : evidence.transcript) bytes += sizeof(entry) + entry.excerpt.size();
  for (const LogExcerpt& log : evidence.logs) {
    for (const std::string& line : log.lines) bytes += sizeof(line) + line.size();
  }
  return bytes;
}

}  // namespace

std::string_view JobStateName(JobState state) { return NameIn(kJobStates, state); }
std::string_view ShardStateName(ShardState state) { return NameIn(kShardStates, state); }
std::optional<JobState> ParseJobState(std::string_view name) { return FindIn(kJobStates, name); }
std::optional<ShardState> ParseShardState(std::string_view name) { return FindIn(kShardStates, name); }

bool IsTerminal(JobState state) {
  switch (state) {
    case JobState::kQueued:
    case JobState::kPlacing:
    case JobState::kRunning:
    case JobState::kFinishing:
      return false;
    case JobState::kPassed:
    case JobState::kFailed:
    case JobState::kInconclusive:
    case JobState::kCancelled:
      return true;
  }
  return false;
}

bool WriteBatch::empty() const {
  return jobs.empty() && shards.empty() && leases.empty() && ended_leases.empty() && batches.empty() &&
         results.empty() && events.empty() && removed_agents.empty() && agents.empty() && !next_lease.has_value();
}

std::size_t ApproximateBytes(const WriteBatch& batch) {
  // An id or a name of these is seldom longer than what a string holds in itself.
  std::size_t bytes = batch.shards.size() * sizeof(ShardRecord) + batch.leases.size() * sizeof(LeaseRecord) +
                      batch.batches.size() * sizeof(BatchRecord) + batch.agents.size() * sizeof(AgentRecord);
  for (const JobRecord& job : batch.jobs) {
    bytes += sizeof(JobRecord);
    for (const CaseId& id : job.spec.cases) bytes += sizeof(id) + id.value().size();
    for (const std::string& term : job.spec.from) bytes += sizeof(term) + term.size();
    for (const std::string& reason : job.reasons) bytes += sizeof(reason) + reason.size();
  }
  for (const CaseResultRecord& taken : batch.results) bytes += sizeof(taken) + BytesOf(taken.result);
  for (const JobEventRecord& event : batch.events) bytes += sizeof(event) + event.text.size();
  return bytes;
}

}  // namespace wsfleet
