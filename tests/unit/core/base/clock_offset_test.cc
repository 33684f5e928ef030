#include "core/base/clock_offset.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

// An agent whose clock is `ahead`, with these ways there and back.
ClockExchange Exchange(absl::Duration ahead, absl::Duration there, absl::Duration back) {
  const absl::Time sent = absl::FromUnixSeconds(1'700'000'000);
  const absl::Time received = sent + there;
  const absl::Time answered = received + absl::Milliseconds(1);
  return {sent + ahead, received, answered, answered + back + ahead};
}

TEST(ClockOffset, IsUnknownBeforeTheFirstExchange) { EXPECT_FALSE(ClockOffset().agent_ahead().has_value()); }

TEST(ClockOffset, TellsHowFarTheAgentIsAhead) {
  ClockOffset offset;
  offset.Add(Exchange(absl::Minutes(5), absl::Milliseconds(10), absl::Milliseconds(10)));
  EXPECT_EQ(offset.agent_ahead(), absl::Minutes(5));
  ClockOffset behind;
  behind.Add(Exchange(-absl::Minutes(5), absl::Milliseconds(10), absl::Milliseconds(10)));
  EXPECT_EQ(behind.agent_ahead(), -absl::Minutes(5));
}

TEST(ClockOffset, TrustsTheShortestRoundTrip) {
  ClockOffset offset;
  offset.Add(Exchange(absl::Seconds(1), absl::Milliseconds(2), absl::Milliseconds(2)));
  offset.Add(Exchange(absl::Seconds(1), absl::Milliseconds(2), absl::Milliseconds(400)));
  EXPECT_EQ(offset.agent_ahead(), absl::Seconds(1));
}

TEST(ClockOffset, ForgetsOldExchangesSinceClocksDrift) {
  ClockOffset offset;
  offset.Add(Exchange(absl::Milliseconds(1), absl::Milliseconds(1), absl::Milliseconds(1)));
  const ClockExchange later = Exchange(absl::Milliseconds(5), absl::Milliseconds(9), absl::Milliseconds(9));
  for (int i = 0; i < 7; ++i) offset.Add(later);
  EXPECT_EQ(offset.agent_ahead(), absl::Milliseconds(1));
  offset.Add(later);
  EXPECT_EQ(offset.agent_ahead(), absl::Milliseconds(5));
}

TEST(ClockOffset, KnowsAtOnceThatAClockWasSet) {
  ClockOffset offset;
  offset.Add(Exchange(absl::ZeroDuration(), absl::Milliseconds(1), absl::Milliseconds(1)));
  offset.Add(Exchange(absl::Hours(1), absl::Milliseconds(9), absl::Milliseconds(30)));
  EXPECT_LT(absl::AbsDuration(*offset.agent_ahead() - absl::Hours(1)), absl::Milliseconds(20));
  offset.Add(Exchange(-absl::Hours(1), absl::Milliseconds(9), absl::Milliseconds(9)));
  EXPECT_EQ(offset.agent_ahead(), -absl::Hours(1));
}

TEST(ClockOffset, IgnoresAnExchangeDuringWhichAClockWasSet) {
  ClockOffset offset;
  offset.Add(Exchange(absl::ZeroDuration(), absl::Milliseconds(1), -absl::Hours(1)));
  EXPECT_FALSE(offset.agent_ahead().has_value());
}

}  // namespace
}  // namespace wsfleet
