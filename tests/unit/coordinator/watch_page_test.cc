#include "coordinator/rpc/watch_page.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/bundle.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const FleetName kFleet("default");

store::JobReader::Changes ARun(JobState state, std::uint64_t last_event) {
  store::JobReader::Changes changes;
  changes.job.id = JobId("r-1");
  changes.job.state = state;
  changes.job.last_event = last_event;
  if (IsTerminal(state)) changes.job.verdict = JobVerdict::kPassed;
  changes.is_all = true;
  return changes;
}

void AddEvent(store::JobReader::Changes& changes, std::uint64_t number, JobEventRecord::Kind kind) {
  auto& view = changes.events.emplace_back();
  view.event.number = number;
  view.event.kind = kind;
  view.event.at = absl::FromUnixSeconds(static_cast<std::int64_t>(number));
  if (kind != JobEventRecord::Kind::kResult) return;
  store::JobReader::ResultView result;
  result.region = RegionName("eu-west-1");
  view.result = std::move(result);
}

void AddShards(store::JobReader::Changes& changes, std::uint64_t count, const std::string& reason = "") {
  for (std::uint64_t i = 1; i <= count; ++i) {
    ShardRecord& shard = changes.shards.emplace_back();
    shard.id = {changes.job.id, ShardIndex(i)};
    shard.changed = i;
    shard.reason = reason;
  }
}

WatchPage Page(const WatchState& state, const store::JobReader::Changes& changes) {
  return PageFor(state, changes, kFleet, absl::FromUnixSeconds(1000));
}

TEST(WatchPage, GivesAChangeOfTheJobItsNumberIfItIsTheLastEvent) {
  auto changes = ARun(JobState::kRunning, 2);
  AddEvent(changes, 1, JobEventRecord::Kind::kResult);
  AddEvent(changes, 2, JobEventRecord::Kind::kJobChanged);
  AddShards(changes, 1);
  const WatchPage page = Page({}, changes);
  ASSERT_THAT(page.messages, SizeIs(2));
  EXPECT_TRUE(page.messages[0].has_result());
  EXPECT_EQ(page.messages[1].number(), 2U);
  EXPECT_THAT(page.messages[1].job().shards(), SizeIs(1));
  EXPECT_EQ(page.state.cursor.event, 2U);
  EXPECT_EQ(page.state.cursor.changed, 1U);
  EXPECT_FALSE(page.is_last);
}

TEST(WatchPage, ShowsTheEndOfARunAfterItsLastResult) {
  auto changes = ARun(JobState::kPassed, 3);
  changes.is_all = false;
  AddEvent(changes, 1, JobEventRecord::Kind::kJobChanged);
  AddEvent(changes, 2, JobEventRecord::Kind::kResult);
  WatchPage page = Page({}, changes);
  ASSERT_THAT(page.messages, SizeIs(1));
  EXPECT_TRUE(page.messages[0].has_result());
  EXPECT_TRUE(page.has_more);

  changes = ARun(JobState::kPassed, 3);
  AddEvent(changes, 3, JobEventRecord::Kind::kResult);
  page = Page(page.state, changes);
  ASSERT_THAT(page.messages, SizeIs(2));
  EXPECT_EQ(page.messages[1].number(), 0U) << "a change that was passed over is made up for";
  EXPECT_EQ(page.messages[1].job().verdict(), "passed");
  EXPECT_TRUE(page.is_last);
}

TEST(WatchPage, SaysNothingWhereNothingHasChanged) {
  WatchState state;
  state.cursor.event = 7;
  state.has_begun = true;
  EXPECT_THAT(Page(state, ARun(JobState::kRunning, 7)).messages, IsEmpty());
}

TEST(WatchPage, ShowsARunThatHasEndedToWhoeverComesLate) {
  WatchState state;
  state.cursor.event = 7;
  const WatchPage page = Page(state, ARun(JobState::kPassed, 7));
  ASSERT_THAT(page.messages, SizeIs(1));
  EXPECT_EQ(page.messages[0].job().verdict(), "passed");
  EXPECT_TRUE(page.is_last);
}

TEST(WatchPage, KeepsEachMessageWithinTheLimitAndTheEndForTheLast) {
  auto changes = ARun(JobState::kPassed, 9);
  AddEvent(changes, 9, JobEventRecord::Kind::kJobChanged);
  AddShards(changes, 500, std::string(2000, 'x'));
  const WatchPage page = Page({}, changes);
  ASSERT_GT(page.messages.size(), 5U);
  int shards = 0;
  for (const v1::JobEvent& message : page.messages) {
    EXPECT_LE(message.ByteSizeLong(), wire::kMaxMessageBytes);
    shards += message.job().shards_size();
    const bool is_last = &message == &page.messages.back();
    EXPECT_EQ(message.job().verdict().empty(), !is_last);
    EXPECT_EQ(message.number(), is_last ? 9U : 0U);
    EXPECT_EQ(message.job().state(), is_last ? v1::JOB_STATE_PASSED : v1::JOB_STATE_FINISHING);
  }
  EXPECT_EQ(shards, 500);
}

}  // namespace
}  // namespace wsfleet::coordinator
