#include "coordinator/fleet/pending.h"

namespace wsfleet::fleet {

void Pending::Add(const Key& key, const Term& term) {
  ByText& terms = term.has_glob() ? globs_ : named_[term.place()];
  const bool is_new = terms.try_emplace(term.text(), Waiting{term, {}}).first->second.keys.insert(key).second;
  size_ += is_new ? 1 : 0;
}

void Pending::Remove(const Key& key, const Term& term) {
  const auto remove_from = [&](ByText& terms) {
    const auto found = terms.find(term.text());
    if (found == terms.end()) return;
    size_ -= found->second.keys.erase(key);
    if (found->second.keys.empty()) terms.erase(found);
  };
  if (term.has_glob()) return remove_from(globs_);
  const auto place = named_.find(term.place());
  if (place == named_.end()) return;
  remove_from(place->second);
  if (place->second.empty()) named_.erase(place);
}

std::optional<Pending::Key> Pending::FirstFor(const AgentRecord& agent, const std::optional<Key>& after) const {
  std::optional<Key> first;
  const auto look_at = [&](const ByText& terms) {
    for (const auto& [text, waiting] : terms) {
      if (!waiting.term.Matches(agent)) continue;
      const auto key = after ? waiting.keys.upper_bound(*after) : waiting.keys.begin();
      if (key != waiting.keys.end() && (!first || *key < *first)) first = *key;
    }
  };
  const std::set<std::string> names{agent.id.value(), agent.region.value()};
  for (const std::string& name : names) {
    if (const auto place = named_.find(name); place != named_.end()) look_at(place->second);
  }
  look_at(globs_);
  return first;
}

}  // namespace wsfleet::fleet
