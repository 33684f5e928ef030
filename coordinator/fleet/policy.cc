#include "coordinator/fleet/policy.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::fleet {
namespace {

absl::Status OverLimit(std::string_view what, std::string_view found, std::string_view limit, std::string_view key,
                       std::string_view next = "`wsfleet fleet policy` shows it") {
  return absl::InvalidArgumentError(
      fmt::format("{}: {}, and the fleet's policy allows {} (limits.{}); {}", what, found, limit, key, next));
}

}  // namespace

void Policy::Use(PolicyRecord record) {
  text_ = std::make_shared<const std::string>(RenderFleetPolicy(record.policy));
  record_ = std::move(record);
}

AnswerSetPolicy Policy::Set(const SetPolicy& request, absl::Time now) {
  AnswerSetPolicy answer{request.request, absl::OkStatus(), record_, record_};
  if (request.expected_version && *request.expected_version != record_.version) {
    answer.status =
        absl::AbortedError(fmt::format("somebody has changed the policy meanwhile: it has version {}, and {} was "
                                       "expected; look at the difference again",
                                       record_.version, *request.expected_version));
    return answer;
  }
  // What nobody has set yet is set even if it is the same: from then on it holds however the coordinator is started.
  if (record_.version > 0 && record_.policy == request.policy) return answer;
  answer.after = {request.policy, record_.version + 1, now};
  if (!request.dry_run) Use(answer.after);
  return answer;
}

absl::Status Policy::CheckSpec(const JobSpec& spec) const {
  const FleetLimits& limits = record_.policy.limits;
  if (limits.run_duration && spec.deadline > *limits.run_duration) {
    return OverLimit("deadline", DurationText(spec.deadline), DurationText(*limits.run_duration), "run_duration",
                     "give no more by --timeout (of a schedule: timeout), or by deadline in the suite");
  }
  if (limits.bundle_bytes && spec.bundle_bytes > *limits.bundle_bytes) {
    return OverLimit("files", fmt::format("{} bytes", spec.bundle_bytes), fmt::format("{} bytes", *limits.bundle_bytes),
                     "bundle_size");
  }
  return absl::OkStatus();
}

absl::Status Policy::CheckShards(std::size_t shards) const {
  const FleetLimits& limits = record_.policy.limits;
  for (const auto& [limit, key] : {std::pair(limits.agents_per_run, "agents_per_run"),
                                   // Of these each agent has a share, and less than one is none.
                                   {limits.connections_per_run, "connections_per_run"}}) {
    if (limit && shards > *limit) {
      return OverLimit("agents of the run", std::to_string(shards), std::to_string(*limit), key);
    }
  }
  return absl::OkStatus();
}

absl::Status Policy::CheckOpenRuns(std::size_t open_runs) const {
  const std::optional<std::uint32_t> limit = record_.policy.limits.open_runs;
  if (!limit || open_runs < *limit) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("{} runs have not ended, and the fleet's policy allows {} (limits.open_runs); wait for one to end",
                  open_runs, *limit));
}

LeaseShare Policy::ShareOf(std::size_t shards) const {
  const FleetLimits& limits = record_.policy.limits;
  const auto count = static_cast<std::uint32_t>(std::max<std::size_t>(shards, 1));
  LeaseShare share;
  // A policy that was tightened while the run waited leaves each agent one.
  if (limits.connections_per_run) share.connections = std::max(*limits.connections_per_run / count, 1U);
  if (limits.sessions_per_second) share.sessions_per_second = static_cast<double>(*limits.sessions_per_second) / count;
  return share;
}

}  // namespace wsfleet::fleet
