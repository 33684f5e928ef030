#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "core/match/selector.h"
#include "core/verdict/result.h"

namespace wsfleet::engine {

// What went over all WebSocket connections of an engine since its start. Counted on its thread, read on any.
class Traffic {
 public:
  // Called on the engine's thread. Must not block.
  struct Observer {
    // Each connection that was dialled, whether it came to be or not.
    std::function<void(const PhaseTimings&)> on_connection = {};
    // Each message that a step expected and that came, `latency` after what the step counts from. `event`: its name, if
    // the run may be shown by names, else empty.
    std::function<void(const std::string& event, absl::Duration latency)> on_event = {};
  };
  static constexpr Opcode kOpcodes[] = {Opcode::kText, Opcode::kBinary, Opcode::kPing, Opcode::kPong};
  // Codes that are told apart; those that come after so many others are counted as kFurtherCodes.
  static constexpr std::size_t kMaxCodes = 60;
  static constexpr std::uint16_t kFurtherCodes = 0;

  explicit Traffic(Observer observer) : observer_(std::move(observer)) {}

  void CountMessage(bool inbound, Opcode opcode) {
    messages_[inbound][IndexOf(opcode)].fetch_add(1, std::memory_order_relaxed);
  }
  // 1005, 1006: as in RFC 6455, 7.4.1.
  void CountClose(std::uint16_t code) {
    const std::lock_guard lock(mutex_);
    if (!closes_.contains(code) && closes_.size() >= kMaxCodes) code = kFurtherCodes;
    ++closes_[code];
  }
  void NoteConnection(const PhaseTimings& timings) const {
    if (observer_.on_connection) observer_.on_connection(timings);
  }
  void NoteEvent(const std::string& event, absl::Duration latency) const {
    if (observer_.on_event) observer_.on_event(event, latency);
  }

  std::uint64_t messages(bool inbound, Opcode opcode) const { return messages_[inbound][IndexOf(opcode)].load(); }
  std::map<std::uint16_t, std::uint64_t> closes() const {
    const std::lock_guard lock(mutex_);
    return closes_;
  }

 private:
  static std::size_t IndexOf(Opcode opcode) {
    std::size_t index = 0;
    while (kOpcodes[index] != opcode) ++index;
    return index;
  }

  const Observer observer_;
  std::array<std::array<std::atomic<std::uint64_t>, std::size(kOpcodes)>, 2> messages_{};
  mutable std::mutex mutex_;
  std::map<std::uint16_t, std::uint64_t> closes_;
};

}  // namespace wsfleet::engine
