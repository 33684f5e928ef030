#include "coordinator/fleet/matchmaker.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Pending::Key Key(std::uint64_t order) { return {order, {JobId("r-1"), ShardIndex(order)}}; }

class MatchmakerTest : public ::testing::Test {
 protected:
  // With room for two.
  Agent& Connect(const std::string& id, const std::string& region) {
    AgentConnected event;
    event.stream = StreamId(++streams_);
    event.agent.id = AgentId(id);
    event.agent.region = RegionName(region);
    event.max_shards = 2;
    Agent& agent = sessions_.Connect(event, {});
    matchmaker_.Update(agent, 0, true);
    return agent;
  }

  // What is offered, and stays waiting.
  std::vector<std::uint64_t> Offered() {
    std::vector<std::uint64_t> orders;
    while (const auto key = matchmaker_.Next(sessions_)) orders.push_back(key->first);
    return orders;
  }

  Sessions sessions_;
  Matchmaker matchmaker_;
  std::uint64_t streams_ = 0;
};

TEST_F(MatchmakerTest, OffersWhatBeginsToWaitOnce) {
  matchmaker_.BeginWaiting(Key(2), *Term::Parse("eu-west-1"));
  matchmaker_.BeginWaiting(Key(1), *Term::Parse("us-east-1"));
  EXPECT_THAT(Offered(), ElementsAre(1, 2));
  EXPECT_FALSE(matchmaker_.HasNext());
  EXPECT_THAT(Offered(), IsEmpty());
}

TEST_F(MatchmakerTest, OffersAnAgentThatGainsRoomOnlyWhatItMatches) {
  for (std::uint64_t order = 1; order <= 3; ++order) {
    matchmaker_.BeginWaiting(Key(order), *Term::Parse(order == 2 ? "us-*" : "eu-*"));
  }
  Offered();
  Agent& agent = Connect("eu-1", "eu-west-1");
  EXPECT_THAT(Offered(), ElementsAre(1, 3));
  matchmaker_.Update(agent, 1, false);
  EXPECT_THAT(Offered(), IsEmpty());
  matchmaker_.Update(agent, 0, true);
  EXPECT_THAT(Offered(), ElementsAre(1, 3));
}

TEST_F(MatchmakerTest, OffersNothingMoreToAnAgentThatIsFull) {
  matchmaker_.BeginWaiting(Key(1), *Term::Parse("eu-*"));
  matchmaker_.BeginWaiting(Key(2), *Term::Parse("eu-*"));
  Offered();
  Agent& agent = Connect("eu-1", "eu-west-1");
  EXPECT_EQ(matchmaker_.Next(sessions_), Key(1));
  matchmaker_.Update(agent, 2, false);
  EXPECT_THAT(Offered(), IsEmpty());
  matchmaker_.Update(agent, 1, true);
  EXPECT_THAT(Offered(), ElementsAre(1, 2)) << "from the first on";
}

TEST_F(MatchmakerTest, ForgetsWhatWaitsNoMore) {
  matchmaker_.BeginWaiting(Key(1), *Term::Parse("eu-*"));
  matchmaker_.StopWaiting(Key(1), *Term::Parse("eu-*"));
  Connect("eu-1", "eu-west-1");
  EXPECT_THAT(Offered(), IsEmpty());
}

}  // namespace
}  // namespace wsfleet::fleet
