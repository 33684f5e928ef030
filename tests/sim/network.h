#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "coordinator/fleet/fleet.h"
#include "tests/sim/dice.h"
#include "tests/sim/event_queue.h"

namespace wsfleet::sim {

// The agents' streams. Each direction of a stream keeps its order; messages take time, sometimes long, and sometimes
// come twice. The two ends learn of a stream's end at different times.
class Network {
 public:
  struct AgentEnd {
    std::function<void(fleet::StreamId, const fleet::Effect&)> on_message;
    std::function<void(fleet::StreamId, const std::string& reason)> on_closed;
  };

  Network(EventQueue& queue, Dice& dice) : queue_(queue), dice_(dice) {}

  void SetCoordinator(std::function<void(const fleet::Event&)> coordinator) { coordinator_ = std::move(coordinator); }
  // The newest; nothing if there was none.
  fleet::StreamId newest() const { return streams_.empty() ? fleet::StreamId() : streams_.rbegin()->first; }
  void SetListening(bool listening) { listening_ = listening; }
  // Off: no duplicates and no long delays.
  void SetFaulty(bool faulty) { faulty_ = faulty; }

  fleet::StreamId Dial(AgentEnd agent);
  void ToCoordinator(fleet::StreamId stream, fleet::Event event);
  // The coordinator does not read the stream for so long; what arrives meanwhile lies there.
  void Pause(fleet::StreamId stream, absl::Duration duration);
  void ToAgent(fleet::StreamId stream, fleet::Effect effect);
  // The agent's end is gone now; the coordinator notices later. What was sent before may still arrive.
  void DropByAgent(fleet::StreamId stream);
  void CloseByCoordinator(fleet::StreamId stream, const std::string& reason);
  void CloseAllByCoordinator();

 private:
  struct Stream {
    AgentEnd agent;
    bool agent_open = true;
    bool coordinator_open = true;
    SteadyTime last_up, last_down;
    bool unread = false;
    std::vector<fleet::Event> unread_events;
  };

  absl::Duration Delay();
  void Arrive(fleet::StreamId stream, const fleet::Event& event);
  void Resume(fleet::StreamId stream);
  void Notice(fleet::StreamId stream);

  EventQueue& queue_;
  Dice& dice_;
  std::function<void(const fleet::Event&)> coordinator_;
  bool listening_ = true;
  bool faulty_ = true;
  std::uint64_t next_ = 1;
  std::map<fleet::StreamId, Stream> streams_;
};

}  // namespace wsfleet::sim
