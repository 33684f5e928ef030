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

TEST(Progress, DoesNotPassOnWhatATerminalWouldObey) {
  ProgressModel model(false);
  v1::JobEvent event;
  event.set_note("\x1b[2Jgone");
  EXPECT_THAT(model.Apply(event), ElementsAre("?[2Jgone"));
}

}  // namespace
}  // namespace wsfleet::cli
