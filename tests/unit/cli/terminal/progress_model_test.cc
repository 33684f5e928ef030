#include "cli/terminal/progress_model.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::JobEvent Changed(v1::ShardState state, std::uint32_t finished, std::uint32_t failed = 0,
                     std::uint32_t attempt = 1) {
  v1::JobEvent event;
  v1::Shard* shard = event.mutable_job()->add_shards();
  shard->set_index(1);
  shard->set_region("eu-west-1");
  shard->set_state(state);
  shard->set_agent("eu-1");
  shard->set_attempt(attempt);
  shard->set_planned_cases(4);
  shard->set_finished_cases(finished);
  shard->set_failed_cases(failed);
  return event;
}

TEST(Progress, SaysWhatChangedAndNothingTwice) {
  ProgressModel model(false);
  EXPECT_THAT(model.Apply(Changed(v1::SHARD_STATE_RUNNING, 0)), ElementsAre(HasSubstr("runs on eu-1")));
  EXPECT_THAT(model.Apply(Changed(v1::SHARD_STATE_RUNNING, 1)), IsEmpty());
  EXPECT_THAT(model.Apply(Changed(v1::SHARD_STATE_RUNNING, 1, 0, 2)), ElementsAre(HasSubstr("attempt 2")));
  EXPECT_THAT(model.Apply(Changed(v1::SHARD_STATE_DONE, 4, 1)), ElementsAre(HasSubstr("done, 4/4 cases, 1 failed")));
}

TEST(Progress, ShowsABarForEachRegionWithinTheWidthOfTheTerminal) {
  ProgressModel model(false);
  model.Apply(Changed(v1::SHARD_STATE_RUNNING, 2));
  const auto block = model.Block(absl::Seconds(12), "Ctrl-C cancels", 80);
  ASSERT_THAT(block, SizeIs(2));
  EXPECT_THAT(block[0], HasSubstr("eu-west-1  ██████████░░░░░░░░░░  2/4"));
  EXPECT_THAT(block[1], HasSubstr("Ctrl-C cancels"));
  for (const std::string& line : model.Block(absl::Seconds(12), "Ctrl-C cancels", 15)) {
    std::size_t columns = 0;
    for (const char c : line) columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    EXPECT_LE(columns, 15u);
  }
}

v1::JobEvent ChangedAll(int shards, v1::ShardState state) {
  v1::JobEvent event;
  for (int i = 1; i <= shards; ++i) {
    v1::Shard* shard = event.mutable_job()->add_shards();
    *shard = Changed(state, state == v1::SHARD_STATE_DONE ? 4 : 0).job().shards(0);
    shard->set_index(static_cast<std::uint64_t>(i));
    shard->set_region(i % 2 == 0 ? "eu-west-1" : "us-east-1");
  }
  return event;
}

TEST(Progress, OfManyShardsTellsOnlyOfThoseThatHaveSomethingToSay) {
  ProgressModel model(false);
  EXPECT_THAT(model.Apply(ChangedAll(100, v1::SHARD_STATE_RUNNING)), IsEmpty());
  EXPECT_THAT(model.Apply(Changed(v1::SHARD_STATE_DONE, 4, 1)), ElementsAre(HasSubstr("1 failed")));
  EXPECT_THAT(model.Apply(Changed(v1::SHARD_STATE_RUNNING, 0, 0, 2)), ElementsAre(HasSubstr("attempt 2")));
}

TEST(Progress, OfManyShardsShowsABarForEachRegion) {
  ProgressModel model(false);
  model.Apply(ChangedAll(100, v1::SHARD_STATE_DONE));
  const auto block = model.Block(absl::Seconds(12), "", 80);
  ASSERT_THAT(block, SizeIs(3));
  EXPECT_THAT(block[0], HasSubstr("us-east-1  ████████████████████  200/200"));
  EXPECT_THAT(block[2], HasSubstr("agents 100/100"));
}

TEST(Progress, ListsNotEveryResultOfARunInWhichEverythingFails) {
  ProgressModel model(false);
  v1::JobEvent event;
  event.mutable_result()->mutable_result()->set_outcome(v1::OUTCOME_FAILED);
  std::size_t lines = 0;
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    for (const std::string& line : model.Apply(event)) {
      ++lines;
      last = line;
    }
  }
  EXPECT_EQ(lines, 201u);
  EXPECT_THAT(last, HasSubstr("the summary has the others"));
}

TEST(Progress, DoesNotPassOnWhatATerminalWouldObey) {
  ProgressModel model(false);
  v1::JobEvent event;
  event.set_note("\x1b[2Jgone");
  EXPECT_THAT(model.Apply(event), ElementsAre("?[2Jgone"));
}

}  // namespace
}  // namespace wsfleet::cli
