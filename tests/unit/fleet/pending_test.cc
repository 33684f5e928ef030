#include "coordinator/fleet/pending.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Pending::Key KeyOf(std::uint64_t order, std::uint64_t shard) { return {order, {JobId("r-1"), ShardIndex(shard)}}; }

AgentRecord Agent(const std::string& id, const std::string& region, std::map<std::string, std::string> labels = {}) {
  AgentRecord agent;
  agent.id = AgentId(id);
  agent.region = RegionName(region);
  agent.labels = std::move(labels);
  return agent;
}

// Orders of all that this agent may take.
std::vector<std::uint64_t> For(const Pending& pending, const AgentRecord& agent) {
  std::vector<std::uint64_t> orders;
  for (auto key = pending.FirstFor(agent, std::nullopt); key; key = pending.FirstFor(agent, key)) {
    orders.push_back(key->first);
  }
  return orders;
}

TEST(Pending, GivesAnAgentWhatItMatchesOldestFirst) {
  Pending pending;
  pending.Add(KeyOf(5, 1), *Term::Parse("eu-*"));
  pending.Add(KeyOf(4, 1), *Term::Parse("eu-west-1"));
  pending.Add(KeyOf(3, 1), *Term::Parse("us-east-1"));
  pending.Add(KeyOf(2, 1), *Term::Parse("eu-west-1+arm64"));
  pending.Add(KeyOf(1, 1), *Term::Parse("eu-7"));
  EXPECT_THAT(For(pending, Agent("eu-7", "eu-west-1")), ElementsAre(1, 4, 5));
  EXPECT_THAT(For(pending, Agent("eu-8", "eu-west-1", {{"arch", "arm64"}})), ElementsAre(2, 4, 5));
  EXPECT_THAT(For(pending, Agent("eu-9", "eu-north-1")), ElementsAre(5));
  EXPECT_THAT(For(pending, Agent("sa-1", "sa-east-1")), IsEmpty());
}

TEST(Pending, ForgetsWhatWaitsNoMore) {
  Pending pending;
  const Term region = *Term::Parse("eu-west-1"), glob = *Term::Parse("eu-*");
  pending.Add(KeyOf(1, 1), region);
  pending.Add(KeyOf(1, 2), region);
  pending.Add(KeyOf(2, 1), glob);
  pending.Remove(KeyOf(1, 1), region);
  pending.Remove(KeyOf(2, 1), glob);
  pending.Remove(KeyOf(9, 1), glob);  // never was
  EXPECT_THAT(For(pending, Agent("eu-1", "eu-west-1")), ElementsAre(1));
}

TEST(Pending, GivesAnAgentThatIsNamedLikeItsRegionEachOnce) {
  Pending pending;
  pending.Add(KeyOf(1, 1), *Term::Parse("eu-west-1"));
  EXPECT_THAT(For(pending, Agent("eu-west-1", "eu-west-1")), ElementsAre(1));
}

}  // namespace
}  // namespace wsfleet::fleet
