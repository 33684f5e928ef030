#include "tests/sim/network.h"

#include <algorithm>
#include <utility>

namespace wsfleet::sim {

absl::Duration Network::Delay() {
  if (faulty_ && dice_.Chance(2)) return dice_.Between(absl::Milliseconds(100), absl::Seconds(4));
  return dice_.Between(absl::Milliseconds(1), absl::Milliseconds(40));
}

fleet::StreamId Network::Dial(AgentEnd agent) {
  const fleet::StreamId id(next_++);
  Stream& stream = streams_[id];
  stream.agent = std::move(agent);
  if (!listening_) CloseByCoordinator(id, "connection refused");
  return id;
}

void Network::ToCoordinator(fleet::StreamId id, fleet::Event event) {
  Stream& stream = streams_.at(id);
  stream.last_up = std::max(stream.last_up, queue_.now() + Delay());
  const int times = faulty_ && dice_.Chance(3) ? 2 : 1;
  queue_.At(stream.last_up, [this, id, times, event = std::move(event)] {
    for (int i = 0; i < times; ++i) {
      Arrive(id, event);
    }
  });
}

void Network::Arrive(fleet::StreamId id, const fleet::Event& event) {
  Stream& stream = streams_.at(id);
  if (!stream.coordinator_open) return;
  if (stream.unread) {
    stream.unread_events.push_back(event);
  } else {
    coordinator_(event);
  }
}

void Network::Pause(fleet::StreamId id, absl::Duration duration) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || !found->second.coordinator_open || found->second.unread) return;
  found->second.unread = true;
  coordinator_(fleet::ReadingPaused{id});
  queue_.After(duration, [this, id] { Resume(id); });
}

void Network::Resume(fleet::StreamId id) {
  Stream& stream = streams_.at(id);
  if (!stream.coordinator_open) return;
  stream.unread = false;
  coordinator_(fleet::ReadingResumed{id});
  for (const fleet::Event& event : std::exchange(stream.unread_events, {})) Arrive(id, event);
}

void Network::ToAgent(fleet::StreamId id, fleet::Effect effect) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || !found->second.coordinator_open) return;
  Stream& stream = found->second;
  stream.last_down = std::max(stream.last_down, queue_.now() + Delay());
  const int times = faulty_ && dice_.Chance(3) ? 2 : 1;
  queue_.At(stream.last_down, [this, id, times, effect = std::move(effect)] {
    for (int i = 0; i < times; ++i) {
      const Stream& now = streams_.at(id);
      if (now.agent_open) now.agent.on_message(id, effect);
    }
  });
}

void Network::DropByAgent(fleet::StreamId id) {
  streams_.at(id).agent_open = false;
  const absl::Duration unnoticed = dice_.Chance(30) ? absl::Seconds(15) : absl::Milliseconds(200);
  queue_.After(dice_.Between(absl::ZeroDuration(), unnoticed), [this, id] { Notice(id); });
}

void Network::Notice(fleet::StreamId id) {
  Stream& stream = streams_.at(id);
  if (!stream.coordinator_open) return;
  stream.coordinator_open = false;
  coordinator_(fleet::AgentDisconnected{id});
}

void Network::CloseByCoordinator(fleet::StreamId id, const std::string& reason) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  stream.coordinator_open = false;
  stream.last_down = std::max(stream.last_down, queue_.now() + Delay());
  queue_.At(stream.last_down, [this, id, reason] {
    Stream& now = streams_.at(id);
    if (!now.agent_open) return;
    now.agent_open = false;
    now.agent.on_closed(id, reason);
  });
}

void Network::CloseAllByCoordinator() {
  for (const auto& [id, stream] : streams_) {
    if (stream.coordinator_open) CloseByCoordinator(id, "the coordinator has gone");
  }
}

}  // namespace wsfleet::sim
