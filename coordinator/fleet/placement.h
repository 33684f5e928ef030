#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/fleet/free_agents.h"
#include "coordinator/fleet/job.h"
#include "coordinator/fleet/sessions.h"

// Which agent runs what. Pure functions of what is known now.
namespace wsfleet::fleet {

// The terms of a submit, parsed. INVALID_ARGUMENT names the one that is wrong.
absl::StatusOr<std::vector<Term>> ParseTerms(const std::vector<std::string>& texts);

// For an empty `from`: one term for each region with an agent that is connected or was lost. Leaving out a region whose
// agents are gone would hide the loss: a gate would pass with one region less.
std::vector<Term> FleetTerms(const Sessions& sessions);

// What FleetTerms leaves out on an operator's wish, and so the run does not say, a line for each region:
// "eu-west-1 is left out: eu-1 is drained". Of many regions the last line says how many more there are.
std::vector<std::string> LeftOut(const Sessions& sessions);

// For `every_agent`: in place of each term one for each agent that matches it, is connected and does not drain, by
// region and id; an agent that a term before it has is not taken twice. A term that no agent matches stays as it is.
std::vector<Term> EveryAgent(const Sessions& sessions, const std::vector<Term>& terms);

// The agent for the next lease of this shard, null if none is free. Fit are free agents that match the term, speak the
// language that the plan needs, and have not refused the shard. Of these, first one that has no other shard of this
// job, then one that did not lose this shard before, then the one with the fewest leases, then by id.
const Agent* ChooseAgent(const Sessions& sessions, const FreeAgents& free, const Job& job, const Shard& shard);

// "the fleet has agents in eu-west-1, us-east-1", for a term that none matches; empty if one does.
std::string WhereAgentsAre(const Sessions& sessions, const Term& term);

// Why nobody that the term means is there now: "eu-1 was lost, eu-2 is drained", or as WhereAgentsAre. Empty if
// somebody is.
std::string WhyNobodyYet(const Sessions& sessions, const Term& term);

// Why nobody was chosen: "no agent in eu-west-1 within 30s (eu-1 is drained)".
std::string WhyNoAgent(const Sessions& sessions, const JobSpec& spec, const Shard& shard);

}  // namespace wsfleet::fleet
