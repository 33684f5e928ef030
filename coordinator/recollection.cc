#include "coordinator/recollection.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr absl::Duration kSameTrouble = absl::Seconds(10);

}  // namespace

bool Recollection::IsSameTrouble(SteadyTime now) { return now - std::exchange(last_failure_, now) <= kSameTrouble; }

void Recollection::NoteRefusal(const JobId& job, std::string why) {
  const auto [entry, is_new] = refusals_.try_emplace(job, Refusal{std::move(why)});
  if (!is_new) ++entry->second.times;
}

absl::Status Recollection::CheckNotAside(const JobId& job) const {
  const auto found = refusals_.find(job);
  if (found == refusals_.end() || found->second.times == 1) return absl::OkStatus();
  return absl::DataLossError(
      fmt::format("run {} is set aside: its end cannot be stored ({}). Nobody works on it until the coordinator that "
                  "runs the fleet is started again",
                  job.value(), found->second.why));
}

void Recollection::Forget() {
  leases_.clear();
  refusals_.clear();
}

std::vector<fleet::StoreRefused> Recollection::Recall(FleetSnapshot& snapshot) {
  std::erase_if(refusals_, [&](const auto& entry) {
    return std::ranges::find(snapshot.jobs, entry.first, &JobRecord::id) == snapshot.jobs.end();
  });
  std::vector<fleet::StoreRefused> refused;
  for (const auto& [job, refusal] : refusals_) {
    if (refusal.times == 1) {
      refused.push_back({job, refusal.why});
      continue;
    }
    spdlog::error("run set aside, its end cannot be stored either run={} reason=\"{}\"", job.value(), refusal.why);
    std::erase_if(snapshot.jobs, [&of = job](const JobRecord& record) { return record.id == of; });
  }
  return refused;
}

}  // namespace wsfleet::coordinator
