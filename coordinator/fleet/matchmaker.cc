#include "coordinator/fleet/matchmaker.h"

#include <utility>

namespace wsfleet::fleet {

void Matchmaker::BeginWaiting(const Pending::Key& key, const Term& term) {
  pending_.Add(key, term);
  new_.insert(key);
}

void Matchmaker::StopWaiting(const Pending::Key& key, const Term& term) {
  pending_.Remove(key, term);
  new_.erase(key);
}

void Matchmaker::Update(const Agent& agent, std::size_t leases, bool has_gained) {
  const AgentId& id = agent.record.id;
  const bool is_free = free_.Update(agent, leases);
  if (is_free && has_gained) freed_.insert(id);
  if (!is_free) freed_.erase(id);
  if ((!is_free || has_gained) && offered_to_ == id) offered_to_ = {};
}

std::optional<Pending::Key> Matchmaker::Next(const Sessions& sessions) {
  while (!freed_.empty()) {
    const AgentId id = *freed_.begin();
    if (std::exchange(offered_to_, id) != id) offered_.reset();
    offered_ = pending_.FirstFor(sessions.Find(id)->record, offered_);
    if (offered_) return offered_;
    freed_.erase(id);
    offered_to_ = {};
  }
  if (new_.empty()) return std::nullopt;
  return new_.extract(new_.begin()).value();
}

}  // namespace wsfleet::fleet
