#include "coordinator/paused_streams.h"

#include "gtest/gtest.h"

namespace wsfleet::coordinator {
namespace {

constexpr StoreThread::Backlog kNothing{0, 0};

std::size_t Resumed(PausedStreams& paused) { return paused.TakeAllIfCaughtUp(kNothing).size(); }

TEST(PausedStreams, WaitUntilTheAssignmentsOfAllLargeCommitsAreOnTheirWay) {
  PausedStreams paused;
  paused.OnPersist(fleet::CommitId(1), PausedStreams::kManyLeases);
  paused.OnPersist(fleet::CommitId(2), PausedStreams::kManyLeases);
  EXPECT_TRUE(paused.is_dispatching());
  paused.Add(fleet::StreamId(7), [] {});
  paused.OnPersisted(fleet::CommitId(1));
  EXPECT_EQ(Resumed(paused), 0u);
  paused.OnPersisted(fleet::CommitId(2));
  EXPECT_FALSE(paused.is_dispatching());
  EXPECT_EQ(Resumed(paused), 1u);
  EXPECT_EQ(Resumed(paused), 0u);
}

TEST(PausedStreams, DoNotWaitForAFewLeases) {
  PausedStreams paused;
  paused.OnPersist(fleet::CommitId(1), PausedStreams::kManyLeases - 1);
  EXPECT_FALSE(paused.is_dispatching());
}

TEST(PausedStreams, WaitUntilTheStoreHasDoneHalfOfWhatItMayHave) {
  PausedStreams paused;
  paused.Add(fleet::StreamId(7), [] {});
  EXPECT_TRUE(paused.TakeAllIfCaughtUp({PausedStreams::kMaxQueued / 2 + 1, 0}).empty());
  EXPECT_TRUE(paused.TakeAllIfCaughtUp({0, PausedStreams::kMaxBytes / 2 + 1}).empty());
  EXPECT_EQ(Resumed(paused), 1u);
}

TEST(PausedStreams, OfAMachineThatWasDiscardedWaitForNothing) {
  PausedStreams paused;
  paused.OnPersist(fleet::CommitId(1), PausedStreams::kManyLeases);
  paused.Add(fleet::StreamId(7), [] {});
  paused.Clear();
  EXPECT_FALSE(paused.is_dispatching());
  EXPECT_EQ(Resumed(paused), 0u);
}

}  // namespace
}  // namespace wsfleet::coordinator
