#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "boost/json/value.hpp"
#include "core/base/now.h"
#include "core/scenario/step.h"
#include "core/session/inbox.h"
#include "core/verdict/result.h"

// Expectations as pure state machines: they are shown an inbox and the time, and say whether it is decided. The engine
// calls Judge() when a frame arrives, when the connection ends, and at the time that the last judgement named.
namespace wsfleet {

// Variables captured so far, on top of the session's own. Later captures go over earlier ones.
class CaptureScope : public Scope {
 public:
  virtual void Set(std::string name, boost::json::value value) = 0;
};

struct MatchedMessage {
  std::string name;  // of the message, or its position "1", "2", …
  std::uint64_t frame = 0;
  absl::Duration latency;  // from the anchor to the frame
  bool is_named = false;   // by the suite
};

struct Judgement {
  enum class State { kPending, kHolds, kFailed };
  State state = State::kPending;
  SteadyTime wake_at;              // kPending: judge again at the latest then
  std::optional<Failure> failure;  // kFailed: phase, class, message, range and notes; the engine adds evidence
  std::vector<MatchedMessage> matched;
};

// Where and when a step begins to look.
struct Anchor {
  bool whole_inbox = true;  // no `since`: every frame not consumed
  SteadyTime frames_after;  // with `since`: frames received at or after this
  SteadyTime clock;         // `within` and `max_time` count from here
  SteadyTime step_began;
};

class Expectation {
 public:
  virtual ~Expectation() = default;
  // Consumes what it matches from `inbox` and sets captures in the scope it was made with. `now` never goes back. Once
  // decided it must not be called again.
  virtual Judgement Judge(Inbox& inbox, SteadyTime now) = 0;
  // False: whatever comes, this frame decides nothing any more, so that it may make room for others.
  virtual bool MayUse(const ReceivedFrame& frame) const = 0;
};

// `step` and `scope` must outlive the expectation. `within` is the step's own or its default. Selectors are bound when
// they are first needed: a message of expect_seq sees the captures of those before it, expect_all sees those made
// before the step. An error means that a template gives no valid value: class `config`.
//
// The verdict follows from the order in which frames, deadlines and the end of the connection came, not from how often
// Judge() was called. Notes and messages of a failure hold excerpts of what the target sent: redact them. A failure
// without a known range is to be shown at its step.
absl::StatusOr<std::unique_ptr<Expectation>> Expect(const ExpectStep& step, const Anchor& anchor, absl::Duration within,
                                                    CaptureScope& scope);
absl::StatusOr<std::unique_ptr<Expectation>> ExpectMany(const ExpectManyStep& step, const Anchor& anchor,
                                                        absl::Duration within, CaptureScope& scope);
absl::StatusOr<std::unique_ptr<Expectation>> ExpectNone(const ExpectNoneStep& step, const Anchor& anchor,
                                                        CaptureScope& scope);
absl::StatusOr<std::unique_ptr<Expectation>> ExpectClose(const ExpectCloseStep& step, const Anchor& anchor,
                                                         absl::Duration within, CaptureScope& scope);

}  // namespace wsfleet
