#include "coordinator/rpc/slots.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::ElementsAre;

TEST(Slots, AreGivenInTheOrderInWhichTheyWereAskedFor) {
  Slots slots(2, 10);
  std::vector<int> order;
  std::vector<Slots::Slot> taken(4);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(slots.Take([&, i](Slots::Slot slot) {
      order.push_back(i);
      taken[static_cast<std::size_t>(i)] = std::move(slot);
    }));
  }
  EXPECT_THAT(order, ElementsAre(0, 1));
  taken[1].reset();
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
  taken[0].reset();
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
}

TEST(Slots, RefuseWhoeverComesWhenTooManyWait) {
  Slots slots(1, 1);
  Slots::Slot first, second;
  EXPECT_TRUE(slots.Take([&](Slots::Slot slot) { first = std::move(slot); }));
  EXPECT_TRUE(slots.Take([&](Slots::Slot slot) { second = std::move(slot); }));
  EXPECT_FALSE(slots.Take([](const Slots::Slot&) { ADD_FAILURE(); }));
  first.reset();
  EXPECT_NE(second, nullptr);
}

TEST(Slots, GiveNothingOnceTheyAreClosed) {
  Slots slots(1, 10);
  Slots::Slot first;
  EXPECT_TRUE(slots.Take([&](Slots::Slot slot) { first = std::move(slot); }));
  EXPECT_TRUE(slots.Take([](const Slots::Slot&) { ADD_FAILURE(); }));
  slots.Close();
  first.reset();
  EXPECT_FALSE(slots.Take([](const Slots::Slot&) { ADD_FAILURE(); }));
}

}  // namespace
}  // namespace wsfleet::coordinator
