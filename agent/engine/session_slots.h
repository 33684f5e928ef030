#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "boost/asio/as_tuple.hpp"
#include "boost/asio/awaitable.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "fmt/format.h"

namespace wsfleet::engine {

// The sessions that an engine has open at once, over all shards: those of a case begin together, or wait for each
// other, in the order in which they came. Belongs to the engine's thread.
class SessionSlots {
 public:
  // Given back at the end of its life; not copied.
  class Taken {
   public:
    Taken() = default;
    Taken(SessionSlots* slots, std::uint32_t count) : slots_(slots), count_(count) {}
    Taken(Taken&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)), count_(other.count_) {}
    Taken& operator=(Taken&&) = delete;
    ~Taken() {
      if (slots_ != nullptr) slots_->GiveBack(count_);
    }

   private:
    SessionSlots* slots_ = nullptr;
    std::uint32_t count_ = 0;
  };

  SessionSlots(const boost::asio::any_io_executor& executor, std::uint32_t most) : most_(most), freed_(executor) {
    freed_.expires_at(std::chrono::steady_clock::time_point::max());
  }

  // False: never.
  bool MayHold(std::uint32_t count) const { return count <= most_; }
  std::string TooMany(std::uint32_t count) const {
    return fmt::format(
        "the case has {} sessions at once, and this agent no more than {} (--max-sessions): lower `concurrent`, or "
        "raise "
        "that",
        count, most_);
  }

  // Waits until there is room for so many, which MayHold(). Once `cancelled`, and Wake() is called, nothing is taken.
  boost::asio::awaitable<Taken> Take(std::uint32_t count, const bool& cancelled) {
    const std::uint64_t ticket = next_ticket_++;
    waiting_.insert(ticket);
    while (!cancelled && (*waiting_.begin() != ticket || open_ + count > most_)) {
      co_await freed_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    waiting_.erase(ticket);
    Wake();  // another is the first now
    if (cancelled) co_return Taken();
    open_ += count;
    co_return Taken(this, count);
  }

  void Wake() { freed_.cancel(); }

 private:
  void GiveBack(std::uint32_t count) {
    open_ -= count;
    Wake();
  }

  const std::uint32_t most_;
  std::uint32_t open_ = 0;
  std::uint64_t next_ticket_ = 0;
  std::set<std::uint64_t> waiting_;
  boost::asio::steady_timer freed_;  // never fires; cancelled when somebody may go on
};

}  // namespace wsfleet::engine
