#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/session/awaited_message.h"
#include "core/session/inbox.h"

namespace wsfleet {

// Whether messages that did not come in their order came at all.
struct Presence {
  std::optional<AwaitedMessage> missing;       // bound; the first that no frame can be
  std::map<std::uint64_t, std::string> order;  // without `missing`: which frame is which message
  std::vector<MatchedMessage> came_after;      // with `missing`: messages behind it that frames not taken can be
};

// Looks for messages[0 … next-1], which are the frames of `taken`, and for those from `next` on whose deadline is not
// after `until`, in any order, distinct frames. The selector of a message after `next` may use captures of those before
// it; they are read from where these were found, and never reach `scope`.
Presence LookForAll(std::span<const AwaitedMessage> messages, std::size_t next, SteadyTime until,
                    std::span<const ReceivedFrame> taken, const Inbox& inbox, const Anchor& anchor, const Scope& scope);

}  // namespace wsfleet
