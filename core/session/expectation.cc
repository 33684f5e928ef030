#include "core/session/expectation.h"

#include <span>
#include <utility>

#include "absl/status/status.h"
#include "core/session/expect_all.h"
#include "core/session/expect_sequence.h"

namespace wsfleet {

absl::StatusOr<std::unique_ptr<Expectation>> Expect(const ExpectStep& step, const Anchor& anchor, absl::Duration within,
                                                    CaptureScope& scope) {
  MessagesPlan plan;
  plan.messages = Await(std::span(&step.message, 1), anchor, within);
  plan.since = step.since;
  plan.deadline = anchor.clock + within;
  return ExpectSequence::Make(std::move(plan), anchor, scope);
}

absl::StatusOr<std::unique_ptr<Expectation>> ExpectMany(const ExpectManyStep& step, const Anchor& anchor,
                                                        absl::Duration within, CaptureScope& scope) {
  if (step.messages.empty()) return absl::InvalidArgumentError("expected at least one message, found none");
  MessagesPlan plan;
  plan.messages = Await(step.messages, anchor, within);
  plan.since = step.since;
  plan.deadline = anchor.clock + within;
  plan.unique = step.unique;
  plan.strict = step.strict;
  if (step.order == ExpectManyStep::Order::kAny) return ExpectAll::Make(std::move(plan), anchor, scope);
  return ExpectSequence::Make(std::move(plan), anchor, scope);
}

}  // namespace wsfleet
