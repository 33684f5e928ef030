#include "agent/engine/frame_watch.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::testing {
namespace {

using engine::FrameWatch;
using ::testing::HasSubstr;

const SteadyTime kStart{};

std::string CloseFrame(std::uint16_t code, const std::string& reason = "") {
  std::string frame("\x88", 1);
  frame += static_cast<char>(2 + reason.size());
  frame += static_cast<char>(code >> 8);
  frame += static_cast<char>(code & 0xFF);
  return frame + reason;
}

std::string Times(std::size_t count, const std::string& bytes) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += bytes;
  return all;
}

// The same however the bytes are cut.
void ExpectCutAt(const std::string& bytes, std::size_t good, FrameWatch::Problem problem) {
  FrameWatch whole;
  EXPECT_EQ(whole.Take(bytes, kStart), good);
  EXPECT_EQ(whole.problem(), problem);
  FrameWatch pieces;
  std::size_t taken = 0;
  for (const char byte : bytes) taken += pieces.Take({&byte, 1}, kStart);
  EXPECT_EQ(taken, good);
  EXPECT_EQ(pieces.problem(), problem);
}

TEST(FrameWatch, PassesFramesOfAnyLength) {
  const std::string frames = std::string("\x81\x02hi", 4) + std::string("\x82\x7E\x01\x00", 4) + std::string(256, 'x') +
                             std::string("\x82\x7F\0\0\0\0\0\1\0\0", 10) + std::string(65536, 'x') + CloseFrame(1000);
  ExpectCutAt(frames, frames.size(), FrameWatch::Problem::kNone);
}

TEST(FrameWatch, CutsBeforeALengthWithItsHighestBitSet) {
  const std::string good("\x81\x02hi", 4);
  ExpectCutAt(good + std::string("\x81\x7F\x80\0\0\0\0\0\0\0", 10), good.size() + 2, FrameWatch::Problem::kBroken);
}

// What never comes is not waited for.
TEST(FrameWatch, CutsBeforeTheByteThatBreaksAHeader) {
  const std::string good("\x81\x02hi", 4);
  for (const std::string masked : {"\x81\x82", "\x81\xFF", "\x89\x80"}) {
    ExpectCutAt(good + masked, good.size() + 1, FrameWatch::Problem::kBroken);
  }
  for (const std::string reserved : {"\x83", "\x07", "\x8B", "\x8F"}) {
    ExpectCutAt(good + reserved, good.size(), FrameWatch::Problem::kBroken);
  }
}

TEST(FrameWatch, TakesTheCloseCodesThatMayStandInAFrame) {
  for (const std::uint16_t code : {1000, 1001, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999})
    ExpectCutAt(CloseFrame(code, "bye"), 7, FrameWatch::Problem::kNone);
  for (const std::uint16_t code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535})
    ExpectCutAt(CloseFrame(code, "bye"), 3, FrameWatch::Problem::kBroken);
}

TEST(FrameWatch, KeepsTheCloseFrameOnceItIsWhole) {
  FrameWatch watch;
  const std::string frame = CloseFrame(1014, "bad gateway");
  watch.Take(frame.substr(0, 6), kStart);
  EXPECT_FALSE(watch.close().has_value());
  watch.Take(frame.substr(6), kStart);
  ASSERT_TRUE(watch.close().has_value());
  EXPECT_EQ(watch.close()->code, 1014);
  EXPECT_EQ(watch.close()->reason, "bad gateway");
  FrameWatch noise;
  noise.Take(CloseFrame(1000, "\xFF"), kStart);
  EXPECT_EQ(noise.close()->reason, "");
}

TEST(FrameWatch, CutsAMessageOfTooManyFragments) {
  FrameWatch watch;
  const std::string begin("\x01\x00", 2), fragment("\x00\x00", 2), end("\x80\x00", 2);
  // A message that ends makes room for the next.
  for (int i = 0; i < 2; ++i) {
    const std::string message = begin + Times(FrameWatch::kMaxFragments - 2, fragment) + end;
    EXPECT_EQ(watch.Take(message, kStart), message.size());
  }
  watch.Take(begin + Times(FrameWatch::kMaxFragments, fragment), kStart);
  EXPECT_EQ(watch.problem(), FrameWatch::Problem::kTooMuch);
  EXPECT_THAT(watch.what(), HasSubstr("fragments"));
}

TEST(FrameWatch, TakesAPongForEachPingOfOurs) {
  const std::string pong("\x8A\x01p", 3);
  FrameWatch watch;
  for (int i = 0; i < 100'000; ++i) {
    watch.OnPingSent();
    ASSERT_EQ(watch.Take(pong, kStart), pong.size());
  }
  watch.Take(Times(10'001, pong), kStart);
  EXPECT_EQ(watch.problem(), FrameWatch::Problem::kTooMuch);
}

TEST(FrameWatch, TakesPingsForHoursAndAFloodOfThemForSeconds) {
  const std::string ping("\x89\x01p", 3);
  FrameWatch hours;
  SteadyTime now = kStart;
  for (int second = 0; second < 36'000; ++second) {
    now = now + absl::Seconds(1);
    hours.Take(Times(10, ping), now);
  }
  EXPECT_EQ(hours.problem(), FrameWatch::Problem::kNone);
  FrameWatch flood;
  now = kStart;
  int milliseconds = 0;
  for (; flood.problem() == FrameWatch::Problem::kNone && milliseconds < 60'000; ++milliseconds) {
    now = now + absl::Milliseconds(1);
    flood.Take(Times(11, ping), now);
  }
  EXPECT_EQ(flood.problem(), FrameWatch::Problem::kTooMuch);
  EXPECT_NEAR(milliseconds, 1000, 10);
}

}  // namespace
}  // namespace wsfleet::testing
