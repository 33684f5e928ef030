#include "agent/persistence.h"

#include "gtest/gtest.h"

namespace wsfleet::agent {
namespace {

TEST(Persistence, GrowsUntilThereIsASession) {
  Persistence persistence;
  EXPECT_EQ(persistence.Patience(false), absl::Seconds(10));
  EXPECT_EQ(persistence.Patience(false), absl::Seconds(20));
  for (int i = 0; i < 10; ++i) persistence.Patience(false);
  EXPECT_EQ(persistence.Patience(false), absl::Minutes(1));
  persistence.OnSession();
  EXPECT_EQ(persistence.Patience(false), absl::Seconds(10));
}

TEST(Persistence, WaitsWhereItWasSentAsIfItHadAskedNobodyBefore) {
  Persistence persistence;
  for (int i = 0; i < 3; ++i) persistence.Patience(false);
  persistence.OnRedirect();
  EXPECT_EQ(persistence.Patience(true), absl::Seconds(10));
  EXPECT_EQ(persistence.Patience(false), absl::Seconds(10)) << "who sent us has answered";
  persistence.OnRedirect();
  EXPECT_EQ(persistence.Patience(true), absl::Seconds(20)) << "a fleet that connects at once is not asked ever anew";
  persistence.OnSession();
  EXPECT_EQ(persistence.Patience(true), absl::Seconds(10));
}

TEST(Persistence, PausesLongerEachTimeAndNotInStepWithOthers) {
  Persistence persistence;
  absl::Duration middle = Persistence::kFirstPause;
  for (int i = 0; i < 10; ++i) {
    const absl::Duration pause = persistence.Pause();
    EXPECT_GE(pause, middle * 0.8);
    EXPECT_LE(pause, middle * 1.2);
    middle = std::min(middle * 2, Persistence::kMaxPause);
  }
  Persistence other;
  persistence.OnSession();
  EXPECT_NE(persistence.Pause(), other.Pause());
}

TEST(Persistence, PausesNoLongerThanWhoHoldsALeaseMay) {
  Persistence persistence;
  for (int i = 0; i < 10; ++i) EXPECT_LE(persistence.Pause(absl::Milliseconds(500)), absl::Milliseconds(600));
  EXPECT_GE(persistence.Pause(), absl::Seconds(4));
}

TEST(Persistence, PausesShortlyWhenSomebodyAnsweredAtLeast) {
  Persistence persistence;
  for (int i = 0; i < 10; ++i) persistence.Pause();
  persistence.OnRedirect();
  EXPECT_LE(persistence.Pause(), absl::Seconds(1.2));
  EXPECT_GT(persistence.Pause(), absl::Seconds(1.2)) << "and longer again if nobody does";
}

}  // namespace
}  // namespace wsfleet::agent
