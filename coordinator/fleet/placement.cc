#include "coordinator/fleet/placement.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

#include "core/base/text.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

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

constexpr std::size_t kMaxNamed = 3;
constexpr std::size_t kMaxRegionsNamed = 10;
constexpr std::size_t kMaxCompared = 1000;

// Why a connected agent is passed over, whatever it works on; empty: it is not.
std::string WhyNot(const Agent& agent, const JobSpec& spec, const Shard& shard) {
  if (agent.record.drained) return "is drained";
  if (agent.draining) return "is stopping";
  if (agent.silent) return "does not answer";
  if (shard.refused_by.contains(agent.record.id)) return "has refused it";
  if (agent.language_minor >= spec.language_minor) return {};
  return fmt::format("speaks wsfleet/v1.{}, the suite needs v1.{}", agent.language_minor, spec.language_minor);
}

// Why an agent that was there is not.
std::string WhyGone(const Agent& agent) {
  if (agent.record.drained) return "is drained";
  return agent.draining ? "has left" : "was lost";
}

// "eu-1 was lost, eu-2 is drained, 3 more".
std::string Named(std::vector<std::string> agents) {
  if (agents.size() > kMaxNamed) {
    const std::size_t more = agents.size() - kMaxNamed;
    agents.resize(kMaxNamed);
    agents.push_back(fmt::format("{} more", more));
  }
  return fmt::format("{}", fmt::join(agents, ", "));
}

// The region or agent that was meant by what matches none of them: "; did you mean eu-west-1?".
std::string Meant(const Sessions& sessions, const Term& term) {
  // Of more agents than this nobody knows the names, and comparing them takes its time.
  if (sessions.all().size() > kMaxCompared) return {};
  std::vector<std::string_view> names;
  for (const auto& [id, agent] : sessions.all()) {
    if (!agent.is_connected()) continue;
    names.push_back(agent.record.region.value());
    names.push_back(id.value());
  }
  const std::string_view near = ClosestMatch(term.place(), names);
  return near.empty() ? "" : fmt::format("; did you mean {}?", near);
}

bool MayTake(const Agent& agent, const JobSpec& spec, const Shard& shard) {
  return agent.is_connected() && WhyNot(agent, spec, shard).empty();
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

std::vector<std::string> LeftOut(const Sessions& sessions) {
  std::map<RegionName, std::vector<std::string>> drained;
  for (const auto& [id, agent] : sessions.all()) {
    if (agent.record.drained) drained[agent.record.region].push_back(id.value());
  }
  for (const RegionName& region : sessions.Regions()) drained.erase(region);
  std::vector<std::string> lines;
  for (auto& [region, agents] : drained) {
    if (lines.size() == kMaxRegionsNamed) {
      lines.push_back(
          fmt::format("{} more regions are left out: their agents are drained", drained.size() - kMaxRegionsNamed));
      break;
    }
    const std::string_view verb = agents.size() == 1 ? "is" : "are";
    lines.push_back(fmt::format("{} is left out: {} {} drained", region.value(), Named(std::move(agents)), verb));
  }
  return lines;
}

std::vector<Term> EveryAgent(const Sessions& sessions, const std::vector<Term>& terms) {
  std::vector<Term> all;
  std::set<AgentId> taken;
  for (const Term& term : terms) {
    std::vector<const Agent*> agents = Matching(sessions, term);
    std::erase_if(agents, [](const Agent* agent) { return !agent->is_connected() || agent->drains(); });
    if (agents.empty()) all.push_back(term);
    std::ranges::sort(agents, {}, [](const Agent* agent) { return std::tie(agent->record.region, agent->record.id); });
    for (const Agent* agent : agents) {
      if (taken.insert(agent->record.id).second) all.push_back(Term::OfAgent(agent->record.id));
    }
  }
  return all;
}

const Agent* ChooseAgent(const Sessions& sessions, const FreeAgents& free, const Job& job, const Shard& shard) {
  using Rank = std::tuple<bool, bool, std::size_t, AgentId>;
  std::optional<Rank> best;
  // True: none that has more leases can be better.
  const auto consider = [&](const FreeAgents::Rank& candidate) {
    const auto& [leases, id] = candidate;
    const Agent& agent = *sessions.Find(id);
    if (!MayTake(agent, job.record().spec, shard) || !shard.term.Matches(agent.record)) return false;
    const Rank rank{job.UsesElsewhere(id, shard), shard.record.agent == id, leases, id};
    if (!best.has_value() || rank < *best) best = rank;
    return !std::get<0>(rank) && !std::get<1>(rank);
  };
  const auto consider_region = [&](const std::set<FreeAgents::Rank>& agents) {
    for (const FreeAgents::Rank& candidate : agents) {
      if (consider(candidate)) return;
    }
  };
  if (shard.term.has_glob()) {
    for (const auto& [region, agents] : free.by_region()) {
      if (shard.term.MatchesRegion(region)) consider_region(agents);
    }
  } else {
    if (const FreeAgents::Rank* named = free.Find(AgentId(shard.term.place()))) consider(*named);
    const auto region = free.by_region().find(RegionName(shard.term.place()));
    if (region != free.by_region().end()) consider_region(region->second);
  }
  return best.has_value() ? sessions.Find(std::get<AgentId>(*best)) : nullptr;
}

std::string WhereAgentsAre(const Sessions& sessions, const Term& term) {
  if (!Matching(sessions, term).empty()) return {};
  std::set<std::string> regions;
  for (const auto& [id, agent] : sessions.all()) {
    if (agent.is_connected()) regions.insert(agent.record.region.value());
  }
  if (regions.empty()) return "the fleet has no agent at all";
  const std::size_t more = regions.size() - std::min(regions.size(), kMaxRegionsNamed);
  while (regions.size() > kMaxRegionsNamed) regions.erase(std::prev(regions.end()));
  return fmt::format("the fleet has agents in {}{}{}", fmt::join(regions, ", "),
                     more == 0 ? "" : fmt::format(" and {} more regions", more), Meant(sessions, term));
}

std::string WhyNobodyYet(const Sessions& sessions, const Term& term) {
  std::vector<std::string> gone;
  for (const Agent* agent : Matching(sessions, term)) {
    if (agent->is_connected()) return {};
    gone.push_back(fmt::format("{} {}", agent->record.id.value(), WhyGone(*agent)));
  }
  return gone.empty() ? WhereAgentsAre(sessions, term) : Named(std::move(gone));
}

std::string WhyNoAgent(const Sessions& sessions, const JobSpec& spec, const Shard& shard) {
  const std::string waited = DurationText(spec.agents_wait);
  bool busy = false;
  std::vector<std::string> passed_over;
  for (const Agent* agent : Matching(sessions, shard.term)) {
    const bool gone = !agent->is_connected();
    // What became of the last attempt stands before the rest.
    if (gone && !shard.record.reason.empty()) continue;
    const std::string why = gone ? WhyGone(*agent) : WhyNot(*agent, spec, shard);
    busy = busy || why.empty();
    if (!why.empty()) passed_over.push_back(fmt::format("{} {}", agent->record.id.value(), why));
  }
  std::string why = busy ? fmt::format("every agent in {} was busy for {}", shard.record.term, waited)
                         : fmt::format("no agent in {} within {}", shard.record.term, waited);
  const std::string reasons =
      passed_over.empty() ? WhereAgentsAre(sessions, shard.term) : Named(std::move(passed_over));
  if (!reasons.empty()) why += fmt::format(" ({})", reasons);
  return shard.record.reason.empty() ? why : fmt::format("{}; {}", shard.record.reason, why);
}

}  // namespace wsfleet::fleet
