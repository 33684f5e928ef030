#include "coordinator/fleet/placement.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::fleet {
namespace {

std::vector<const Agent*> Matching(const Sessions& sessions, const Term& term) {
  std::vector<const Agent*> agents;
  if (term.has_glob()) {
    for (const auto& [id, agent] : sessions.all()) agents.push_back(&agent);
  } else {
    agents = sessions.At(term.place());
  }
  std::erase_if(agents, [&](const Agent* agent) { return !term.Matches(agent->record); });
  return agents;
}

bool MayTake(const Agent& agent, const Shard& shard) {
  return agent.is_connected() && !agent.draining && !agent.silent && !shard.refused_by.contains(agent.record.id);
}

}  // namespace

absl::StatusOr<std::vector<Term>> ParseTerms(const std::vector<std::string>& texts) {
  std::vector<Term> terms;
  for (const std::string& text : texts) {
    absl::StatusOr<Term> term = Term::Parse(text);
    if (!term.ok()) return term.status();
    terms.push_back(*std::move(term));
  }
  return terms;
}

std::vector<Term> FleetTerms(const Sessions& sessions) {
  std::vector<Term> terms;
  for (const RegionName& region : sessions.Regions()) terms.push_back(Term::OfRegion(region));
  return terms;
}

const Agent* ChooseAgent(const Sessions& sessions, const Leases& leases, const Job& job, const Shard& shard) {
  std::set<AgentId> used;
  for (const Shard& other : job.shards()) {
    if (&other != &shard) used.insert(other.record.agent);
  }
  using Rank = std::tuple<bool, bool, std::size_t, AgentId>;
  std::optional<Rank> best;
  for (const Agent* agent : Matching(sessions, shard.term)) {
    const AgentId& id = agent->record.id;
    const std::size_t busy = leases.OfAgent(id).size();
    if (!MayTake(*agent, shard) || busy >= agent->max_shards) continue;
    const Rank rank{used.contains(id), shard.record.agent == id, busy, id};
    if (!best.has_value() || rank < *best) best = rank;
  }
  return best.has_value() ? sessions.Find(std::get<AgentId>(*best)) : nullptr;
}

std::string WhyNoAgent(const Sessions& sessions, const Shard& shard, absl::Duration agents_wait) {
  const std::string waited = DurationText(agents_wait);
  const std::vector<const Agent*> matching = Matching(sessions, shard.term);
  const bool busy = std::ranges::any_of(matching, [&](const Agent* agent) { return MayTake(*agent, shard); });
  const std::string why = busy ? fmt::format("every agent in {} was busy for {}", shard.record.term, waited)
                               : fmt::format("no agent in {} within {}", shard.record.term, waited);
  return shard.record.reason.empty() ? why : fmt::format("{}; {}", shard.record.reason, why);
}

}  // namespace wsfleet::fleet
