#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/scenario/connection.h"
#include "core/verdict/result.h"

namespace wsfleet {

// Follows a number that rises by one from frame to frame of one connection, also across its reconnects. Pure.
class SequenceTracker {
 public:
  // `spec` must outlive it.
  explicit SequenceTracker(const SequenceSpec& spec) : spec_(spec) {}

  // Fills in the templates of `match`; an error means that one gives no valid value: class `config`.
  absl::Status Bind(const Scope& scope);

  // Judges one frame. Nothing if it goes on as it should, or is none of the sequence: `match` does not select it, or,
  // without `match`, it has nothing at the path. `event-missing`: a number was left out; `event-duplicate`: one came
  // again; `event-order`: one came from before the first; `assertion`: what stands there is no whole number, or more
  // than one value, or a selected frame has none; `config`: a number that is not counted to, from 2^63 on.
  std::optional<Failure> OnFrame(std::uint64_t frame_number, const Payload& payload);

  // While no number has come, on this connection or those before its reconnects: that nothing was compared. Then empty.
  std::string IdleWarning() const;
  // The last number that went on; nothing before the first.
  std::optional<std::int64_t> last() const { return last_; }
  const SequenceSpec& spec() const { return spec_; }

 private:
  std::optional<Failure> OnNumber(std::uint64_t frame_number, std::int64_t number);
  Failure Fail(FailureClass failure_class, std::string message) const;

  const SequenceSpec& spec_;
  std::optional<Selector> match_;  // after Bind
  std::optional<std::int64_t> first_, last_;
};

}  // namespace wsfleet
