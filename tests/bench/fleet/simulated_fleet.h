#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "tests/bench/fleet/simulated_agent.h"

namespace wsfleet::testing {

// Many simulated agents in this process, spread over regions, all on one thread of their own and those of gRPC.
class SimulatedFleet {
 public:
  struct Settings {
    std::size_t agents = 0;
    std::size_t regions = 1;
    SimulatedAgent::Settings each;
  };
  explicit SimulatedFleet(Settings settings);
  // Ends every agent; blocks until gRPC is done with them.
  ~SimulatedFleet();

  std::size_t size() const { return agents_.size(); }

  // Runs `action` for the first `count` agents (all: the default) on their strand; returns when it was.
  void ForEach(const std::function<void(SimulatedAgent&)>& action, std::size_t count = SIZE_MAX);

  // Until it holds for so many; false if that takes longer than `limit`.
  bool AwaitCount(std::size_t count, const std::function<bool(const SimulatedAgent&)>& holds, absl::Duration limit);
  bool AwaitAll(const std::function<bool(const SimulatedAgent&)>& holds, absl::Duration limit) {
    return AwaitCount(agents_.size(), holds, limit);
  }

  // What each agent says, in the order of the agents.
  template <typename Value>
  std::vector<Value> Gather(const std::function<Value(const SimulatedAgent::Record&)>& of,
                            std::size_t count = SIZE_MAX) {
    std::vector<Value> values;
    ForEach([&](const SimulatedAgent& agent) { values.push_back(of(agent.record())); }, count);
    return values;
  }

 private:
  Settings settings_;
  boost::asio::io_context strand_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{strand_.get_executor()};
  std::vector<std::unique_ptr<SimulatedAgent>> agents_;
  std::thread thread_;
};

}  // namespace wsfleet::testing
