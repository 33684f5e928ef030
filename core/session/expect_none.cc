#include <algorithm>
#include <memory>
#include <utility>

#include "core/base/text.h"
#include "core/session/expectation.h"
#include "core/session/findings.h"
#include "core/session/frame_judge.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

// Holds when `for` has passed since the step began and no frame of the window was selected. Consumes nothing.
class NoneExpectation final : public FrameJudge {
 public:
  NoneExpectation(Selector forbidden, absl::Duration duration, const Anchor& anchor)
      : FrameJudge(anchor), forbidden_(std::move(forbidden)), duration_(duration) {}

 private:
  SteadyTime deadline() const override { return anchor().step_began + duration_; }

  void OnFrame(const ReceivedFrame& frame, Inbox&) override {
    if (!Selects(forbidden_, frame)) return;
    Failure failure;
    failure.phase = Phase::kMessage;
    failure.failure_class = FailureClass::kEventForbidden;
    failure.message = fmt::format("frame {} matches what must not come", frame.number);
    if (!forbidden_.entries.empty()) failure.range = forbidden_.entries.front().range;
    failure.notes.push_back({"forbidden", DescribeFrame(frame, anchor())});
    Fail(std::move(failure), {});
  }

  bool Remembers(const ReceivedFrame&) const override { return false; }
  void OnDeadline(Inbox&) override { HoldUnlessOpen({}); }

  void OnEnd(const ConnectionEnd& end, Inbox&) override {
    Fail(CloseFailure(end, fmt::format("before the {} in which nothing may come were over", DurationText(duration_))),
         {});
  }

  Selector forbidden_;
  absl::Duration duration_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Expectation>> ExpectNone(const ExpectNoneStep& step, const Anchor& anchor,
                                                        CaptureScope& scope) {
  absl::StatusOr<Selector> forbidden = Bind(step.match, scope);
  if (!forbidden.ok()) return forbidden.status();
  return std::make_unique<NoneExpectation>(*std::move(forbidden), step.duration, anchor);
}

}  // namespace wsfleet
