#include "coordinator/log_limit.h"

#include "gtest/gtest.h"

namespace wsfleet::coordinator {
namespace {

TEST(LogLimit, TakesSoManyLinesInAWindowAndTheNumberOfTheOthers) {
  LogLimit limit;
  const SteadyTime start = SteadyTime() + absl::Hours(1);
  for (std::size_t i = 0; i < LogLimit::kMaxLines; ++i) EXPECT_EQ(limit.Take(start), 0u);
  for (int i = 0; i < 30; ++i) EXPECT_EQ(limit.Take(start + absl::Seconds(9)), std::nullopt);
  EXPECT_EQ(limit.Take(start + LogLimit::kWindow), 30u);
  EXPECT_EQ(limit.Take(start + LogLimit::kWindow), 0u) << "they were told of";
}

}  // namespace
}  // namespace wsfleet::coordinator
