#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/session/expectation.h"
#include "core/session/findings.h"
#include "core/session/frame_judge.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

bool HoldsFor(const std::optional<Predicate>& predicate, const boost::json::value& value) {
  const boost::json::value* const selection[] = {&value};
  return !predicate || HoldsForSelection(*predicate, selection);
}

// Holds when the connection ends in time, with the code and the reason that were asked for.
class CloseExpectation final : public FrameJudge {
 public:
  CloseExpectation(std::optional<Predicate> code, std::optional<Predicate> reason, absl::Duration within,
                   std::string_view since, const Anchor& anchor)
      : FrameJudge(anchor), code_(std::move(code)), reason_(std::move(reason)), within_(within), since_(since) {}

 private:
  SteadyTime deadline() const override { return anchor().clock + within_; }

  void OnFrame(const ReceivedFrame&, Inbox&) override {}

  bool Remembers(const ReceivedFrame&) const override { return false; }
  void OnDeadline(Inbox&) override {
    Failure failure;
    failure.phase = Phase::kClose;
    failure.failure_class = FailureClass::kDeadline;
    failure.message = fmt::format("no close within {}", DurationText(within_));
    if (!since_.empty()) failure.message += fmt::format(" of `{}`", since_);
    Fail(std::move(failure), {});
  }

  void OnEnd(const ConnectionEnd& end, Inbox&) override {
    if (!anchor().whole_inbox && end.at < anchor().frames_after) {
      Failure failure = CloseFailure(end, fmt::format("before `{}`", since_));
      failure.phase = Phase::kClose;
      return Fail(std::move(failure), {});
    }
    const boost::json::value code(end.code);
    const boost::json::value reason(end.reason);
    if (!HoldsFor(code_, code)) return FailOther(end, "code", *code_, code);
    if (!HoldsFor(reason_, reason)) return FailOther(end, "reason", *reason_, reason);
    Hold({});
  }

  void FailOther(const ConnectionEnd& end, std::string_view what, const Predicate& expected,
                 const boost::json::value& found) {
    Failure failure = CloseFailure(end, fmt::format("({}: {})", what, ExplainMismatch(expected, found)));
    failure.phase = Phase::kClose;
    failure.range = expected.range;
    Fail(std::move(failure), {});
  }

  std::optional<Predicate> code_;
  std::optional<Predicate> reason_;
  absl::Duration within_;
  std::string_view since_;
};

absl::StatusOr<std::optional<Predicate>> BindIfAny(const std::optional<Predicate>& predicate, const Scope& scope) {
  if (!predicate) return std::optional<Predicate>();
  absl::StatusOr<Predicate> bound = Bind(*predicate, scope);
  if (!bound.ok()) return bound.status();
  return std::optional<Predicate>(*std::move(bound));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Expectation>> ExpectClose(const ExpectCloseStep& step, const Anchor& anchor,
                                                         absl::Duration within, CaptureScope& scope) {
  absl::StatusOr<std::optional<Predicate>> code = BindIfAny(step.code, scope);
  if (!code.ok()) return code.status();
  absl::StatusOr<std::optional<Predicate>> reason = BindIfAny(step.reason, scope);
  if (!reason.ok()) return reason.status();
  return std::make_unique<CloseExpectation>(*std::move(code), *std::move(reason), within, step.since, anchor);
}

}  // namespace wsfleet
