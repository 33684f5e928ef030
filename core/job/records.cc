#include "core/job/records.h"

#include <array>
#include <utility>

#include "fmt/format.h"

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

}  // namespace

std::string_view JobStateName(JobState state) { return NameIn(kJobStates, state); }
std::string_view ShardStateName(ShardState state) { return NameIn(kShardStates, state); }
std::optional<JobState> ParseJobState(std::string_view name) { return FindIn(kJobStates, name); }
std::optional<ShardState> ParseShardState(std::string_view name) { return FindIn(kShardStates, name); }

std::string WhyStopped(const KillSwitch& stop) { return fmt::format("fleet-stopped by {}: {}", stop.by, stop.reason); }

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

}  // namespace wsfleet
