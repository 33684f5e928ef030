#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/engine/transport.h"
#include "core/scenario/step.h"
#include "core/session/inbox.h"
#include "core/session/sequence.h"
#include "core/verdict/result.h"

namespace wsfleet::engine {

// One connection of a session under the name that its steps use (`as`, `via`): the wire and what came over it. A
// reconnect makes a new one, which goes on with the sequence. Lives on the engine's thread.
struct NamedConnection {
  NamedConnection(const boost::asio::any_io_executor& executor, const ConnectStep& step, InboxLimits limits,
                  HeldBytes* held)
      : opened_by(step), wire(executor), inbox(limits, held) {}

  const std::string& name() const { return opened_by.as; }
  std::string idle_sequence() const { return sequence ? sequence->IdleWarning() : std::string(); }
  // The end that its reader reports is then no surprise, unless the target was faster.
  void AskForEnd() { close_asked = close_asked || !wire.peer_closed(); }
  // Ends TCP from our side.
  void Cut() {
    AskForEnd();
    wire.Drop();
  }

  const ConnectStep& opened_by;
  Connection wire;
  Inbox inbox;
  std::uint64_t frames = 0;
  std::uint64_t messages_in = 0;
  std::string pinged;              // with this payload, last; empty: not yet
  std::optional<SteadyTime> pong;  // that answers it
  std::optional<SequenceTracker> sequence;
  std::optional<WireFailure> broken;  // how the target broke the protocol, where its connection ended for that
  CredentialUse credential;           // that it was opened with; without a name: none
  bool close_asked = false;           // by us: a close frame, or TCP was cut
  bool end_expected = false;          // by an expect_close
  bool counted = false;               // its facts are part of the proof
};

}  // namespace wsfleet::engine
