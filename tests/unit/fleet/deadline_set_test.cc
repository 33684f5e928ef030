#include "coordinator/fleet/deadline_set.h"

#include <string>

#include "gtest/gtest.h"

namespace wsfleet::fleet {
namespace {

SteadyTime At(int seconds) { return {absl::Seconds(seconds)}; }

TEST(DeadlineSet, GivesWhatIsDueInTheOrderOfTimeThenKey) {
  DeadlineSet<std::string> set;
  set.Set("c", At(2));
  set.Set("b", At(1));
  set.Set("a", At(2));
  set.Set("later", At(3));
  EXPECT_EQ(set.Next(), At(1));
  EXPECT_EQ(set.PopDue(At(2)), "b");
  EXPECT_EQ(set.PopDue(At(2)), "a");
  EXPECT_EQ(set.PopDue(At(2)), "c");
  EXPECT_EQ(set.PopDue(At(2)), std::nullopt);
}

TEST(DeadlineSet, KeepsOneDeadlineForEachKey) {
  DeadlineSet<std::string> set;
  set.Set("a", At(1));
  set.Set("a", At(5));
  EXPECT_EQ(set.DueTime("a"), At(5));
  EXPECT_EQ(set.PopDue(At(4)), std::nullopt);
  set.Clear("a");
  EXPECT_EQ(set.Next(), SteadyTime::Infinite());
}

TEST(DeadlineSet, HoldsNoDeadlineThatNeverComes) {
  DeadlineSet<std::string> set;
  set.Set("a", At(1));
  set.Set("a", SteadyTime::Infinite());
  EXPECT_EQ(set.DueTime("a"), std::nullopt);
  EXPECT_EQ(set.PopDue(At(9)), std::nullopt);
}

}  // namespace
}  // namespace wsfleet::fleet
