#pragma once

#include <deque>
#include <map>
#include <utility>

#include "coordinator/fleet/events.h"

namespace wsfleet::fleet {

// What makes two submits the same, of open runs and of those whose end is not durable: the store knows the others.
class RunKeys {
 public:
  // A run without a key is none of these.
  void Add(const JobId& job, const JobSpec& spec);
  // Null: it is not one of these.
  const KnownRun* Find(const RunKey& key) const;

  // It ends with this commit. Until that is durable, whoever looked it up in the store may have missed it.
  void EndWith(CommitId commit, const RunKey& key);
  void OnPersisted(CommitId commit);

 private:
  std::map<RunKey, KnownRun> runs_;
  std::deque<std::pair<CommitId, RunKey>> ended_;  // to be forgotten with that commit
};

}  // namespace wsfleet::fleet
