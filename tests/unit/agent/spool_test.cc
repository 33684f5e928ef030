#include "agent/spool.h"

#include <filesystem>
#include <string>

#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

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

TEST(Spool, HasNoMoreBytesOnTheWayThanASlowWayTakesSoon) {
  Spool spool(4 << 20);
  const std::string half(Spool::kMaxBytesInFlight / 2, 'x');
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(spool.Add(BatchOf(1, half)));
  ASSERT_TRUE(spool.Add(BatchOf(1, half + half + half)));
  ASSERT_TRUE(spool.Add(BatchOf(1, "small")));
  EXPECT_EQ(spool.TakeNext(9)->seq(), 1u);
  EXPECT_TRUE(spool.HasCredit(9));
  EXPECT_EQ(spool.TakeNext(9), nullptr);
  ASSERT_TRUE(spool.Acknowledge(LeaseId(1), BatchSeq(1)));
  EXPECT_EQ(spool.TakeNext(9)->seq(), 2u);
  ASSERT_TRUE(spool.Acknowledge(LeaseId(1), BatchSeq(2)));
  // One that is larger goes alone.
  EXPECT_EQ(spool.TakeNext(9)->seq(), 3u);
  EXPECT_FALSE(spool.HasCredit(9));
  EXPECT_EQ(spool.TakeNext(9), nullptr);
  spool.ResendAll();
  EXPECT_EQ(spool.TakeNext(9)->seq(), 3u);
  ASSERT_TRUE(spool.Acknowledge(LeaseId(1), BatchSeq(3)));
  EXPECT_EQ(spool.TakeNext(9)->seq(), 4u);
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

TEST(Spool, HasRoomAsLongAsItsReserveFits) {
  Spool spool(1000);
  EXPECT_TRUE(spool.HasRoom(1000));
  while (spool.bytes() < 400) ASSERT_TRUE(spool.Add(BatchOf(1, "a")));
  EXPECT_TRUE(spool.HasRoom(500));
  // A reserve that is larger than it counts as half of it: else nothing would ever begin.
  EXPECT_TRUE(spool.HasRoom(5000));
  while (spool.bytes() < 600) ASSERT_TRUE(spool.Add(BatchOf(1, "a")));
  EXPECT_FALSE(spool.HasRoom(500));
  EXPECT_TRUE(spool.HasRoom(100));
}

TEST(Spool, GoesOnInItsDirectoryWhereAnEarlierProcessEnded) {
  const testing::TemporaryDirectory directory;
  const std::string path = (directory.path() / "spool").string();
  boost::asio::io_context strand;
  {
    Spool spool(1 << 20);
    ASSERT_TRUE(spool.UseDirectory(path, "default/eu-1", strand, [] {}).ok());
    for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(spool.Add(BatchOf(1, name)));
    ASSERT_TRUE(spool.Acknowledge(LeaseId(1), BatchSeq(1)));
    ASSERT_TRUE(spool.Add(BatchOf(9, "d")));
  }
  Spool spool(1 << 20);
  ASSERT_TRUE(spool.UseDirectory(path, "default/eu-1", strand, [] {}).ok());
  const auto first = spool.FirstOfEachLease();
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0]->seq(), 2u);
  EXPECT_EQ(first[1]->lease(), 9u);
  ASSERT_TRUE(spool.Add(BatchOf(1, "e")));
  EXPECT_EQ(spool.TakeNext(9)->results(0).case_id(), "b");
  EXPECT_EQ(spool.TakeNext(9)->results(0).case_id(), "c");
  EXPECT_EQ(spool.TakeNext(9)->results(0).case_id(), "d");
  EXPECT_EQ(spool.TakeNext(9)->seq(), 4u);
}

TEST(Spool, HasNoRoomWhileWhatItHoldsWaitsForADiskThatFails) {
  const testing::TemporaryDirectory directory;
  const std::string path = (directory.path() / "spool").string();
  boost::asio::io_context strand;
  const auto work = boost::asio::make_work_guard(strand);
  Spool spool(1 << 20);
  int changes = 0;
  ASSERT_TRUE(spool.UseDirectory(path, "default/eu-1", strand, [&] { ++changes; }).ok());
  std::filesystem::rename(path, path + ".away");
  ASSERT_TRUE(spool.Add(BatchOf(1, "a")));
  while (changes < 1) strand.run_one();
  EXPECT_FALSE(spool.HasRoom(1));
  // What is acknowledged needs no disk.
  ASSERT_TRUE(spool.Acknowledge(LeaseId(1), BatchSeq(1)));
  EXPECT_TRUE(spool.HasRoom(1));
  ASSERT_TRUE(spool.Add(BatchOf(1, "b")));
  std::filesystem::rename(path + ".away", path);
  while (changes % 2 == 1) strand.run_one();
  EXPECT_TRUE(spool.HasRoom(1));
}

TEST(Spool, KnowsAnAcknowledgementThatCameTwice) {
  Spool spool(1 << 20);
  ASSERT_TRUE(spool.Add(BatchOf(1, "a")));
  EXPECT_TRUE(spool.Acknowledge(LeaseId(1), BatchSeq(1)));
  EXPECT_FALSE(spool.Acknowledge(LeaseId(1), BatchSeq(1)));
}

}  // namespace
}  // namespace wsfleet::agent
