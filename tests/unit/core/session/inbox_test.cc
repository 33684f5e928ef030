#include "core/session/inbox.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/core/session/stage.h"

namespace wsfleet {
namespace {

using testing::At;

ReceivedFrame FrameAt(std::uint64_t number, std::size_t bytes, Opcode opcode = Opcode::kText) {
  return {number, At(static_cast<int>(number)), Payload(opcode, std::string(bytes, 'x'))};
}

TEST(Inbox, RefusesMoreFramesThanItsLimit) {
  Inbox inbox({.max_frames = 2, .max_bytes = 100});
  EXPECT_TRUE(inbox.Push(FrameAt(1, 1)));
  EXPECT_TRUE(inbox.Push(FrameAt(2, 1)));
  EXPECT_FALSE(inbox.Push(FrameAt(3, 1)));
  EXPECT_TRUE(inbox.Consume(1));
  EXPECT_TRUE(inbox.Push(FrameAt(3, 1)));
}

TEST(Inbox, RefusesMoreBytesThanItsLimit) {
  Inbox inbox({.max_frames = 10, .max_bytes = 100});
  EXPECT_TRUE(inbox.Push(FrameAt(1, 60)));
  EXPECT_FALSE(inbox.Push(FrameAt(2, 41)));
  EXPECT_TRUE(inbox.Push(FrameAt(2, 40)));
  EXPECT_EQ(inbox.Take(1)->payload.bytes().size(), 60u);
  EXPECT_FALSE(inbox.Take(1).has_value());
  EXPECT_FALSE(inbox.Push(FrameAt(3, 101)));
}

// Of a small frame with a large tree.
TEST(Inbox, HoldsWhatMatchingMakesOfItsFramesToo) {
  std::string json = "[";
  for (int i = 0; i < 250; ++i) json += i == 0 ? "[0]" : ",[0]";
  json += "]";
  HeldBytes all;
  {
    Inbox inbox({.max_frames = 10, .max_bytes = 2000}, &all);
    EXPECT_TRUE(inbox.Push({1, At(1), Payload(Opcode::kText, json)}));
    EXPECT_GT(all.held, 15 * json.size());
    EXPECT_TRUE(inbox.Push(FrameAt(2, 900))) << "its own limit is of bytes";
    EXPECT_TRUE(inbox.Consume(1));
    EXPECT_EQ(all.held, 900u);
  }
  EXPECT_EQ(all.held, 0u);
}

TEST(HeldShare, IsTooMuchOfThoseOnlyWhoHoldNoSmallPart) {
  HeldBytes all{.most = 1000};
  HeldShare hog(&all), small(&all);
  small.Set(100);
  hog.Set(900);
  EXPECT_EQ(hog.too_much(), nullptr);
  hog.Set(901);
  EXPECT_EQ(hog.too_much(), &all);
  EXPECT_EQ(small.too_much(), nullptr);
  small.Set(250);
  EXPECT_EQ(small.too_much(), &all);
}

TEST(Inbox, MakesRoomByDroppingPings) {
  Inbox inbox({.max_frames = 2, .max_bytes = 100});
  EXPECT_TRUE(inbox.Push(FrameAt(1, 1, Opcode::kPing)));
  EXPECT_TRUE(inbox.Push(FrameAt(2, 1)));
  EXPECT_TRUE(inbox.Push(FrameAt(3, 1)));
  EXPECT_FALSE(inbox.Push(FrameAt(4, 1)));
  EXPECT_EQ(inbox.frames().front().number, 2u);
}

TEST(Inbox, ReleasesWhatNoStepCanLookAt) {
  Inbox inbox({});
  for (const std::uint64_t number : {1, 3, 4}) EXPECT_TRUE(inbox.Push(FrameAt(number, 1)));
  EXPECT_TRUE(inbox.Push(FrameAt(5, 1, Opcode::kPong)));
  EXPECT_TRUE(inbox.Push(FrameAt(6, 1)));
  const std::vector<ReceivedFrame> released = inbox.Release(At(6));
  ASSERT_EQ(released.size(), 3u) << "the pong is dropped";
  EXPECT_EQ(inbox.FirstAfter(0)->number, 6u);
  EXPECT_EQ(inbox.FirstAfter(6), nullptr);
}

TEST(Inbox, KeepsTheFirstEnd) {
  Inbox inbox({});
  inbox.End({.code = 1011, .reason = "", .at = At(1)});
  inbox.End({.code = 1006, .reason = "", .at = At(2)});
  EXPECT_EQ(inbox.end()->code, 1011);
}

}  // namespace
}  // namespace wsfleet
