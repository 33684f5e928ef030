#include "core/session/sequence.h"

#include <limits>
#include <vector>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

// A whole number in the sense of the language: 7 and 7.0.
std::optional<std::int64_t> WholeNumber(const boost::json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_uint64() && value.get_uint64() <= std::numeric_limits<std::int64_t>::max()) {
    return static_cast<std::int64_t>(value.get_uint64());
  }
  constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it a double skips numbers
  if (value.is_double() && value.get_double() >= -kExact && value.get_double() <= kExact) {
    const auto whole = static_cast<std::int64_t>(value.get_double());
    if (static_cast<double>(whole) == value.get_double()) return whole;
  }
  return std::nullopt;
}

// `is_open`: a limit of the language was reached.
std::optional<std::int64_t> NumberAt(const JsonPath& path, const Payload& payload, bool& is_open) {
  const boost::json::value* json = payload.json();
  is_open = payload.too_deep();
  if (json == nullptr) return std::nullopt;
  const std::vector<const boost::json::value*> selection = path.Select(*json, &is_open);
  return selection.size() == 1 ? WholeNumber(*selection.front()) : std::nullopt;
}

}  // namespace

absl::Status SequenceTracker::Bind(const Scope& scope) {
  if (!spec_.match) return absl::OkStatus();
  auto bound = wsfleet::Bind(*spec_.match, scope);
  if (!bound.ok()) return bound.status();
  match_ = *std::move(bound);
  return absl::OkStatus();
}

std::optional<Failure> SequenceTracker::OnFrame(std::uint64_t frame_number, const Payload& payload) {
  if (payload.opcode() == Opcode::kPing || payload.opcode() == Opcode::kPong) return std::nullopt;
  bool is_open = false;
  const Selected selected = match_ ? Select(*match_, payload, nullptr) : Selected::kYes;
  if (selected == Selected::kNo) return std::nullopt;
  const std::optional<std::int64_t> number = NumberAt(spec_.path, payload, is_open);
  if (is_open || selected == Selected::kOpen) {
    return Fail(FailureClass::kConfig,
                fmt::format("frame {} may be of the sequence, and goes beyond a limit: it is nested deeper than {} "
                            "levels, or {} looks at more than {} nodes",
                            frame_number, JsonPath::kMaxDepth, spec_.path.text(), JsonPath::kMaxNodes));
  }
  if (!number) {
    if (!match_) return std::nullopt;
    return Fail(FailureClass::kAssertion,
                fmt::format("frame {} is of the sequence and has no whole number at {}: {}", frame_number,
                            spec_.path.text(), Printable(Excerpt(payload.bytes(), 200))));
  }
  if (!first_) first_ = spec_.start.value_or(*number);
  if (*number < *first_) {
    return Fail(FailureClass::kEventOrder, fmt::format("frame {} has {} {}, from before the first one, {}",
                                                       frame_number, spec_.path.text(), *number, *first_));
  }
  if (last_ && *number <= *last_) {
    if (spec_.duplicates_allowed) return std::nullopt;
    return Fail(FailureClass::kEventDuplicate, fmt::format("frame {} has {} {} again; the last one was {}",
                                                           frame_number, spec_.path.text(), *number, *last_));
  }
  const std::int64_t expected = last_ ? *last_ + 1 : *first_;
  if (*number > expected) {
    const std::uint64_t missing = static_cast<std::uint64_t>(*number) - static_cast<std::uint64_t>(expected);
    return Fail(FailureClass::kEventMissing,
                fmt::format("frame {} has {} {}, expected {}: {} {} missing", frame_number, spec_.path.text(), *number,
                            expected, missing, missing == 1 ? "is" : "are"));
  }
  last_ = number;
  return std::nullopt;
}

Failure SequenceTracker::Fail(FailureClass failure_class, std::string message) const {
  Failure failure;
  failure.phase = Phase::kMessage;
  failure.failure_class = failure_class;
  failure.message = std::move(message);
  failure.range = spec_.range;
  return failure;
}

}  // namespace wsfleet
