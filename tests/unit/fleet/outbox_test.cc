#include "coordinator/fleet/outbox.h"

#include "gtest/gtest.h"

namespace wsfleet::fleet {
namespace {

SendShardDoneAck Ack(std::uint64_t lease) { return {StreamId(1), LeaseId(lease)}; }

std::vector<std::uint64_t> Acked(const std::vector<Effect>& effects) {
  std::vector<std::uint64_t> leases;
  for (const Effect& effect : effects) leases.push_back(std::get<SendShardDoneAck>(effect).lease.value());
  return leases;
}

CommitId Written(Outbox& outbox) {
  outbox.batch().ended_leases.push_back(LeaseId(1));
  const std::vector<Effect> now = outbox.Close();
  EXPECT_EQ(now.size(), 1u);
  return std::get<Persist>(now.at(0)).commit;
}

TEST(Outbox, EmitsAtOnceWhatRestsOnNoCommit) {
  Outbox outbox;
  outbox.Send(Ack(7));
  EXPECT_EQ(Acked(outbox.Close()), (std::vector<std::uint64_t>{7}));
}

TEST(Outbox, HoldsAnEffectUntilItsOwnChangeIsDurable) {
  Outbox outbox;
  outbox.Send(Ack(7));
  const CommitId commit = Written(outbox);
  EXPECT_EQ(Acked(outbox.Release(commit)), (std::vector<std::uint64_t>{7}));
  EXPECT_TRUE(outbox.Release(commit).empty());
}

TEST(Outbox, LetsNoLaterEffectOvertakeACommit) {
  Outbox outbox;
  outbox.Send(Ack(1));
  const CommitId first = Written(outbox);
  outbox.Send(Ack(2));
  EXPECT_TRUE(outbox.Close().empty());
  outbox.Send(Ack(3));
  const CommitId second = Written(outbox);
  EXPECT_EQ(Acked(outbox.Release(first)), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(Acked(outbox.Release(second)), (std::vector<std::uint64_t>{3}));
}

TEST(Outbox, EmitsWhatDependsOnNothingPastACommit) {
  Outbox outbox;
  const CommitId commit = Written(outbox);
  outbox.Send(Ack(1));
  outbox.SendNow(Ack(2));
  EXPECT_EQ(Acked(outbox.Close()), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(Acked(outbox.Release(commit)), (std::vector<std::uint64_t>{1}));
}

TEST(Outbox, KnowsWhoseAnswersFollowFromACommit) {
  Outbox outbox;
  outbox.Send(AnswerWish{RequestId(1), {}});
  outbox.Send(Ack(1));
  const CommitId first = Written(outbox);
  // It waits for the same commit, and does not rest on it.
  outbox.Send(AnswerWish{RequestId(2), {}});
  EXPECT_TRUE(outbox.Close().empty());
  outbox.Send(AnswerWish{RequestId(3), {}});
  const CommitId second = Written(outbox);
  EXPECT_EQ(outbox.RequestsOf(first), (std::vector<RequestId>{RequestId(1)}));
  EXPECT_EQ(outbox.RequestsOf(second), (std::vector<RequestId>{RequestId(3)}));
  EXPECT_TRUE(outbox.RequestsOf(CommitId(9)).empty());
}

TEST(Outbox, IgnoresACommitThatIsNotTheOldest) {
  Outbox outbox;
  const CommitId first = Written(outbox);
  outbox.Send(Ack(2));
  const CommitId second = Written(outbox);
  EXPECT_EQ(second.value(), first.value() + 1);
  EXPECT_TRUE(outbox.Release(second).empty());
  EXPECT_TRUE(outbox.Release(first).empty());
  EXPECT_EQ(Acked(outbox.Release(second)), (std::vector<std::uint64_t>{2}));
}

}  // namespace
}  // namespace wsfleet::fleet
