#include "coordinator/fleet/run_keys.h"

namespace wsfleet::fleet {
namespace {

JobSpec DistinguishingPart(const JobSpec& spec) {
  JobSpec part;
  part.key = spec.key;
  part.bundle = spec.bundle;
  part.selection = spec.selection;
  part.variables = spec.variables;
  part.from = spec.from;
  part.every_agent = spec.every_agent;
  part.require = spec.require;
  return part;
}

}  // namespace

void RunKeys::Add(const JobId& job, const JobSpec& spec) {
  if (!spec.key.empty()) runs_[spec.key] = {job, DistinguishingPart(spec)};
}

const KnownRun* RunKeys::Find(const RunKey& key) const {
  const auto found = runs_.find(key);
  return found == runs_.end() ? nullptr : &found->second;
}

void RunKeys::EndWith(CommitId commit, const RunKey& key) {
  if (!key.empty()) ended_.emplace_back(commit, key);
}

void RunKeys::OnPersisted(CommitId commit) {
  for (; !ended_.empty() && ended_.front().first <= commit; ended_.pop_front()) runs_.erase(ended_.front().second);
}

}  // namespace wsfleet::fleet
