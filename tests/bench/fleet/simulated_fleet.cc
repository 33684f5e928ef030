#include "tests/bench/fleet/simulated_fleet.h"

#include <algorithm>
#include <future>

#include "absl/time/clock.h"
#include "boost/asio/post.hpp"
#include "fmt/format.h"

namespace wsfleet::testing {

SimulatedFleet::SimulatedFleet(Settings settings) : settings_(std::move(settings)) {
  for (std::size_t i = 0; i < settings_.agents; ++i) {
    agents_.push_back(std::make_unique<SimulatedAgent>(strand_, settings_.each, fmt::format("agent-{:05}", i),
                                                       fmt::format("region-{:02}", i % settings_.regions)));
  }
  thread_ = std::thread([this] { strand_.run(); });
}

SimulatedFleet::~SimulatedFleet() {
  ForEach([](SimulatedAgent& agent) { agent.Stop(); });
  AwaitAll([](const SimulatedAgent& agent) { return agent.is_idle(); }, absl::Seconds(60));
  // The agents go on their strand, as everything of theirs.
  boost::asio::post(strand_, [this] { agents_.clear(); });
  work_.reset();
  thread_.join();
}

void SimulatedFleet::ForEach(const std::function<void(SimulatedAgent&)>& action, std::size_t count) {
  std::promise<void> done;
  boost::asio::post(strand_, [&] {
    for (std::size_t i = 0; i < std::min(count, agents_.size()); ++i) action(*agents_[i]);
    done.set_value();
  });
  done.get_future().wait();
}

bool SimulatedFleet::AwaitCount(std::size_t count, const std::function<bool(const SimulatedAgent&)>& holds,
                                absl::Duration limit) {
  for (const absl::Time end = absl::Now() + limit;;) {
    std::size_t so_far = 0;
    ForEach([&](const SimulatedAgent& agent) { so_far += holds(agent) ? 1 : 0; });
    if (so_far >= count) return true;
    if (absl::Now() > end) return false;
    // Seldom enough that looking costs nothing beside what is looked at.
    absl::SleepFor(absl::Milliseconds(50));
  }
}

}  // namespace wsfleet::testing
