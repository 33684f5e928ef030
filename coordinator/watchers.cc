#include "coordinator/watchers.h"

#include <utility>

namespace wsfleet::coordinator {

std::optional<WatcherId> Watchers::Add(const JobId& job, Watcher watcher) {
  if (jobs_.size() >= kMaxWatchers) return std::nullopt;
  const WatcherId id(++last_id_);
  jobs_.emplace(id, job);
  watchers_[job].emplace(id, std::move(watcher));
  return id;
}

JobId Watchers::Remove(WatcherId id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return {};
  JobId job = std::move(found->second);
  jobs_.erase(found);
  const auto of_job = watchers_.find(job);
  of_job->second.erase(id);
  if (of_job->second.empty()) watchers_.erase(of_job);
  return job;
}

void Watchers::Wake(const JobId& job, std::uint64_t last_event) const {
  const auto found = watchers_.find(job);
  if (found == watchers_.end()) return;
  // A copy: a watcher that cannot go on removes itself.
  for (const auto& [id, watcher] : std::map(found->second)) watcher.wake(last_event);
}

void Watchers::Tick(const JobId& job, const v1::ProgressTick& tick) const {
  const auto found = watchers_.find(job);
  if (found == watchers_.end()) return;
  // A copy: a watcher that cannot go on removes itself.
  for (const auto& [id, watcher] : std::map(found->second)) watcher.tick(tick);
}

void Watchers::EndOf(const JobId& job, const absl::Status& status) {
  const auto of_job = watchers_.extract(job);
  if (!of_job) return;
  for (const auto& [id, watcher] : of_job.mapped()) jobs_.erase(id);
  for (const auto& [id, watcher] : of_job.mapped()) watcher.end(status);
}

void Watchers::EndAll(const absl::Status& status) {
  jobs_.clear();
  for (const auto& [job, of_job] : std::exchange(watchers_, {})) {
    for (const auto& [id, watcher] : of_job) watcher.end(status);
  }
}

std::uint32_t Watchers::CountOf(const JobId& job) const {
  const auto found = watchers_.find(job);
  return found == watchers_.end() ? 0 : static_cast<std::uint32_t>(found->second.size());
}

std::vector<JobId> Watchers::Jobs() const {
  std::vector<JobId> jobs;
  for (const auto& [job, of_job] : watchers_) jobs.push_back(job);
  return jobs;
}

}  // namespace wsfleet::coordinator
