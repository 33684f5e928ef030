#include "core/session/presence.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "core/session/assignment.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

// Captures that are supposed, over those that were made. A variable that a message would have captured, had it been
// found, is unknown: its value from an earlier round must not be taken for it.
class SupposedScope : public Scope {
 public:
  explicit SupposedScope(const Scope& below) : below_(below) {}

  void Suppose(const AwaitedMessage& message, const ReceivedFrame* frame) {
    for (const Capture& capture : message.spec->capture) {
      std::optional<boost::json::value>& supposed = values_[capture.variable];
      supposed.reset();
      if (frame == nullptr) continue;
      absl::StatusOr<boost::json::value> value = ReadCapture(capture.source, frame->payload, {});
      if (value.ok()) supposed = *std::move(value);
    }
  }

  absl::StatusOr<boost::json::value> Lookup(std::string_view name) const override {
    const auto found = values_.find(name);
    if (found == values_.end()) return below_.Lookup(name);
    if (!found->second) return absl::NotFoundError(fmt::format("{} is not captured yet", name));
    return *found->second;
  }

 private:
  const Scope& below_;
  std::map<std::string, std::optional<boost::json::value>, std::less<>> values_;
};

bool CouldBe(const AwaitedMessage& message, const ReceivedFrame& frame) {
  return frame.at <= message.deadline && Matches(message.match, frame.payload);
}

// The frames that the step looks at and has not taken.
std::vector<const ReceivedFrame*> Window(const Inbox& inbox, const Anchor& anchor) {
  std::vector<const ReceivedFrame*> out;
  for (const ReceivedFrame& frame : inbox.frames()) {
    if (anchor.whole_inbox || frame.at >= anchor.frames_after) out.push_back(&frame);
  }
  return out;
}

// The messages to look for, bound as far as the frames allow.
std::vector<AwaitedMessage> Candidates(std::span<const AwaitedMessage> messages, std::size_t next, SteadyTime until,
                                       std::span<const ReceivedFrame* const> window, const Scope& scope) {
  std::vector<AwaitedMessage> out(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(next));
  SupposedScope supposed(scope);
  for (std::size_t i = next; i < messages.size(); ++i) {
    AwaitedMessage message = messages[i];
    const bool due = i == next || message.deadline <= until;
    if (!due || (i > next && !Bind(message, supposed).ok())) {
      supposed.Suppose(message, nullptr);
      continue;
    }
    const auto found =
        std::ranges::find_if(window, [&](const ReceivedFrame* frame) { return CouldBe(message, *frame); });
    supposed.Suppose(message, found == window.end() ? nullptr : *found);
    out.push_back(std::move(message));
  }
  return out;
}

}  // namespace

Presence LookForAll(std::span<const AwaitedMessage> messages, std::size_t next, SteadyTime until,
                    std::span<const ReceivedFrame> taken, const Inbox& inbox, const Anchor& anchor,
                    const Scope& scope) {
  std::vector<const ReceivedFrame*> frames = Window(inbox, anchor);
  std::vector<AwaitedMessage> candidates = Candidates(messages, next, until, frames, scope);
  for (const ReceivedFrame& frame : taken) frames.push_back(&frame);
  std::ranges::sort(frames, {}, &ReceivedFrame::number);

  Assignment assignment(candidates.size());
  for (const ReceivedFrame* frame : frames) {
    std::vector<std::size_t> could_be;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (CouldBe(candidates[i], *frame)) could_be.push_back(i);
    }
    if (!could_be.empty()) assignment.Add(frame->number, could_be);
  }
  Presence presence;
  std::size_t missing = candidates.size();
  for (std::size_t i = 0; i < candidates.size() && missing == candidates.size(); ++i) {
    if (assignment.frame_of(i)) {
      presence.order.emplace(*assignment.frame_of(i), candidates[i].name);
    } else {
      // A message that has been taken is not the one that is missing, although another assignment could say so.
      missing = std::max(i, next);
    }
  }
  if (missing == candidates.size()) return presence;
  for (std::size_t i = missing + 1; i < candidates.size(); ++i) {
    const std::optional<std::uint64_t> number = assignment.frame_of(i);
    if (!number || std::ranges::find(taken, *number, &ReceivedFrame::number) != taken.end()) continue;
    const auto frame = std::ranges::find(frames, *number, &ReceivedFrame::number);
    presence.came_after.push_back(Matched(candidates[i], **frame, anchor));
  }
  presence.missing = std::move(candidates[missing]);
  return presence;
}

}  // namespace wsfleet
