#include "agent/spool.h"

#include "gtest/gtest.h"

namespace wsfleet::agent {
namespace {

v1::ResultBatch BatchOf(std::uint64_t lease, const std::string& case_id) {
  v1::ResultBatch batch;
  batch.set_lease(lease);
  batch.add_results()->set_case_id(case_id);
  return batch;
}

TEST(Spool, NumbersTheBatchesOfEachLeaseFromOne) {
  Spool spool(1 << 20);
  ASSERT_TRUE(spool.Add(BatchOf(7, "a")));
  ASSERT_TRUE(spool.Add(BatchOf(8, "b")));
  ASSERT_TRUE(spool.Add(BatchOf(7, "c")));
  EXPECT_EQ(spool.TakeNext(9)->seq(), 1u);
  EXPECT_EQ(spool.TakeNext(9)->seq(), 1u);
  EXPECT_EQ(spool.TakeNext(9)->seq(), 2u);
  EXPECT_EQ(spool.TakeNext(9), nullptr);
}

TEST(Spool, HasNoMoreOnTheWayThanItsCredits) {
  Spool spool(1 << 20);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(spool.Add(BatchOf(1, "a")));
  EXPECT_NE(spool.TakeNext(2), nullptr);
  EXPECT_NE(spool.TakeNext(2), nullptr);
  EXPECT_EQ(spool.TakeNext(2), nullptr);
  EXPECT_TRUE(spool.Acknowledge(LeaseId(1), BatchSeq(1)));
  EXPECT_EQ(spool.TakeNext(2)->seq(), 3u);
}

TEST(Spool, SendsWhatWasNotAcknowledgedAgainUnderTheSameNumbersAndInTheSameOrder) {
  Spool spool(1 << 20);
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(spool.Add(BatchOf(1, name)));
  spool.TakeNext(9);
  spool.TakeNext(9);
  ASSERT_TRUE(spool.Acknowledge(LeaseId(1), BatchSeq(1)));
  spool.ResendAll();
  const v1::ResultBatch* again = spool.TakeNext(9);
  EXPECT_EQ(again->seq(), 2u);
  EXPECT_EQ(again->results(0).case_id(), "b");
  EXPECT_EQ(spool.TakeNext(9)->seq(), 3u);
}

TEST(Spool, RefusesWhatDoesNotFitAndKeepsTheRest) {
  Spool spool(BatchOf(1, "a").ByteSizeLong());
  ASSERT_TRUE(spool.Add(BatchOf(1, "a")));
  EXPECT_FALSE(spool.Add(BatchOf(1, "b")));
  EXPECT_EQ(spool.UnackedOf(LeaseId(1)), 1u);
  ASSERT_TRUE(spool.Acknowledge(LeaseId(1), BatchSeq(1)));
  EXPECT_EQ(spool.bytes(), 0u);
  EXPECT_TRUE(spool.Add(BatchOf(1, "b")));
}

TEST(Spool, KnowsAnAcknowledgementThatCameTwice) {
  Spool spool(1 << 20);
  ASSERT_TRUE(spool.Add(BatchOf(1, "a")));
  EXPECT_TRUE(spool.Acknowledge(LeaseId(1), BatchSeq(1)));
  EXPECT_FALSE(spool.Acknowledge(LeaseId(1), BatchSeq(1)));
}

}  // namespace
}  // namespace wsfleet::agent
