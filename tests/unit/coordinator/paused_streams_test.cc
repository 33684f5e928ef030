#include "coordinator/paused_streams.h"

#include "gtest/gtest.h"

namespace wsfleet::coordinator {
namespace {

constexpr StoreThread::Backlog kNothing{0, 0};

std::size_t Resumed(PausedStreams& paused) { return paused.TakeAllIfCaughtUp(kNothing).size(); }

TEST(PausedStreams, WaitUntilTheStoreHasDoneHalfOfWhatItMayHave) {
  PausedStreams paused;
  paused.Add(fleet::StreamId(7), [] {});
  EXPECT_TRUE(paused.TakeAllIfCaughtUp({PausedStreams::kMaxQueued / 2 + 1, 0}).empty());
  EXPECT_TRUE(paused.TakeAllIfCaughtUp({0, PausedStreams::kMaxBytes / 2 + 1}).empty());
  EXPECT_EQ(Resumed(paused), 1u);
  EXPECT_EQ(Resumed(paused), 0u);
}

TEST(PausedStreams, OfAMachineThatWasDiscardedWaitForNothing) {
  PausedStreams paused;
  paused.Add(fleet::StreamId(7), [] {});
  paused.Clear();
  EXPECT_EQ(Resumed(paused), 0u);
}

}  // namespace
}  // namespace wsfleet::coordinator
