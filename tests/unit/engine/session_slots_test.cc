#include "agent/engine/session_slots.h"

#include <optional>

#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/io_context.hpp"
#include "gtest/gtest.h"

namespace wsfleet::engine {
namespace {

class SessionSlotsTest : public ::testing::Test {
 protected:
  struct Waiter {
    std::uint32_t count;
    bool cancelled = false;
    bool done = false;
    std::optional<SessionSlots::Taken> taken = {};
  };

  void Ask(Waiter& waiter) {
    const auto take = [](SessionSlots& slots, Waiter& of) -> boost::asio::awaitable<void> {
      of.taken.emplace(co_await slots.Take(of.count, of.cancelled));
      of.done = true;
    };
    boost::asio::co_spawn(context_, take(slots_, waiter), boost::asio::detached);
    Settle();
  }
  // Everything that may go on now.
  void Settle() {
    context_.restart();
    context_.poll();
  }

  boost::asio::io_context context_;
  SessionSlots slots_{context_.get_executor(), 3};
};

TEST_F(SessionSlotsTest, LetWaitersInInTheOrderInWhichTheyCame) {
  Waiter first{2}, large{3}, small{1};
  Ask(first);
  EXPECT_TRUE(first.done);
  Ask(large);
  Ask(small);
  EXPECT_FALSE(large.done);
  EXPECT_FALSE(small.done) << "it would keep the large one waiting for ever";
  first.taken.reset();
  Settle();
  EXPECT_TRUE(large.done);
  EXPECT_FALSE(small.done);
  large.taken.reset();
  Settle();
  EXPECT_TRUE(small.done);
}

TEST_F(SessionSlotsTest, KeepNobodyWhoWasCancelledNorThoseBehind) {
  Waiter first{2}, large{3}, small{1};
  Ask(first);
  Ask(large);
  Ask(small);
  large.cancelled = true;
  slots_.Wake();
  Settle();
  EXPECT_TRUE(large.done);
  EXPECT_TRUE(small.done);
  // What was cancelled has taken nothing.
  Waiter last{2};
  first.taken.reset();
  large.taken.reset();
  Ask(last);
  EXPECT_TRUE(last.done);
}

TEST_F(SessionSlotsTest, SayThatSoManyWillNeverFit) {
  EXPECT_TRUE(slots_.MayHold(3));
  EXPECT_FALSE(slots_.MayHold(4));
}

}  // namespace
}  // namespace wsfleet::engine
