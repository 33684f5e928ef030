#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "agent/engine/steady_clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "boost/asio/steady_timer.hpp"

namespace wsfleet::engine {

// Closes the socket when a phase runs out of time; says afterwards whether it did. Error codes cannot tell.
class PhaseTimer {
 public:
  PhaseTimer(const boost::asio::any_io_executor& executor, SteadyTime deadline, std::function<void()> on_expiry)
      : state_(std::make_shared<State>(executor)) {
    state_->timer.expires_at(ToChrono(deadline));
    state_->timer.async_wait(
        [state = state_, on_expiry = std::move(on_expiry)](const boost::system::error_code& error) {
          if (error || state->done) return;
          state->expired = true;
          on_expiry();
        });
  }
  ~PhaseTimer() {
    state_->done = true;
    state_->timer.cancel();
  }
  bool expired() const { return state_->expired; }

 private:
  struct State {
    explicit State(const boost::asio::any_io_executor& executor) : timer(executor) {}
    boost::asio::steady_timer timer;
    bool expired = false;
    bool done = false;
  };
  std::shared_ptr<State> state_;
};

}  // namespace wsfleet::engine
