#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/job/records.h"
#include "core/job/term.h"

namespace wsfleet::fleet {

// The shards that wait for an agent, by the term that they wait for, so that an agent with room finds those that it may
// take without looking at the others.
class Pending {
 public:
  using Key = std::pair<std::uint64_t, ShardId>;  // order of its job; those of the oldest job come first

  void Add(const Key& key, const Term& term);
  void Remove(const Key& key, const Term& term);
  std::size_t size() const { return size_; }

  // The first behind `after` (nothing: the first of all) whose term this agent matches.
  std::optional<Key> FirstFor(const AgentRecord& agent, const std::optional<Key>& after) const;

 private:
  struct Waiting {
    Term term;
    std::set<Key> keys;
  };
  using ByText = std::map<std::string, Waiting>;  // of the term

  std::map<std::string, ByText> named_;  // by the place, which is a region's or an agent's name
  ByText globs_;                         // whose place may match several regions
  std::size_t size_ = 0;
};

}  // namespace wsfleet::fleet
