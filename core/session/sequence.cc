#include "core/session/sequence.h"

#include <cmath>
#include <limits>
#include <vector>

#include "core/base/text.h"
#include "core/value/json_text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it a double skips numbers

// A whole number in the sense of the language: 7 and 7.0.
std::optional<std::int64_t> WholeNumber(const boost::json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (value.is_uint64() && value.get_uint64() <= std::numeric_limits<std::int64_t>::max()) {
    return static_cast<std::int64_t>(value.get_uint64());
  }
  if (value.is_double() && value.get_double() >= -kExact && value.get_double() <= kExact) {
    const auto whole = static_cast<std::int64_t>(value.get_double());
    if (static_cast<double>(whole) == value.get_double()) return whole;
  }
  return std::nullopt;
}

// What a frame has at the path.
struct Found {
  std::vector<const boost::json::value*> selection;
  bool is_open = false;  // a limit of the language was reached

  std::optional<std::int64_t> number() const {
    return selection.size() == 1 ? WholeNumber(*selection.front()) : std::nullopt;
  }
  bool is_beyond_counting() const {
    if (selection.size() != 1) return false;
    const boost::json::value& value = *selection.front();
    return value.is_uint64() || (value.is_double() && std::abs(value.get_double()) > kExact);
  }
  std::string description() const {
    if (selection.empty()) return "nothing";
    if (selection.size() > 1) return fmt::format("{} values", selection.size());
    return Printable(Excerpt(CompactJson(*selection.front()), 80));
  }
};

Found FindAt(const JsonPath& path, const Payload& payload) {
  Found found;
  found.is_open = payload.too_deep();
  if (const boost::json::value* json = payload.json()) found.selection = path.Select(*json, &found.is_open);
  return found;
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
  const Selected selected = match_ ? Select(*match_, payload, nullptr) : Selected::kYes;
  if (selected == Selected::kNo) return std::nullopt;
  const Found found = FindAt(spec_.path, payload);
  if (found.is_open || selected == Selected::kOpen) {
    return Fail(FailureClass::kConfig,
                fmt::format("frame {} may be of the sequence, and goes beyond a limit: it is nested deeper than {} "
                            "levels, or {} looks at more than {} nodes",
                            frame_number, JsonPath::kMaxDepth, spec_.path.text(), JsonPath::kMaxNodes));
  }
  if (!match_ && found.selection.empty()) return std::nullopt;
  if (const std::optional<std::int64_t> number = found.number()) return OnNumber(frame_number, *number);
  if (found.is_beyond_counting()) {
    return Fail(FailureClass::kConfig,
                fmt::format("frame {} has {} {}, and a sequence counts to 2^63 - 1 (numbers with "
                            "a point or an exponent: to 2^53)",
                            frame_number, spec_.path.text(), found.description()));
  }
  return Fail(FailureClass::kAssertion,
              fmt::format("frame {} is of the sequence: expected a whole number at {}, found {}: {}", frame_number,
                          spec_.path.text(), found.description(), Printable(Excerpt(payload.bytes(), 200))));
}

std::optional<Failure> SequenceTracker::OnNumber(std::uint64_t frame_number, std::int64_t number) {
  if (!first_) first_ = spec_.start.value_or(number);
  if (number < *first_) {
    return Fail(FailureClass::kEventOrder, fmt::format("frame {} has {} {}, from before the first one, {}",
                                                       frame_number, spec_.path.text(), number, *first_));
  }
  if (last_ && number <= *last_) {
    if (spec_.duplicates_allowed) return std::nullopt;
    return Fail(FailureClass::kEventDuplicate, fmt::format("frame {} has {} {} again; the last one was {}",
                                                           frame_number, spec_.path.text(), number, *last_));
  }
  const std::int64_t expected = last_ ? *last_ + 1 : *first_;
  if (number > expected) {
    const std::uint64_t missing = static_cast<std::uint64_t>(number) - static_cast<std::uint64_t>(expected);
    return Fail(FailureClass::kEventMissing,
                fmt::format("frame {} has {} {}, expected {}: {} {} missing", frame_number, spec_.path.text(), number,
                            expected, missing, missing == 1 ? "is" : "are"));
  }
  last_ = number;
  return std::nullopt;
}

std::string SequenceTracker::IdleWarning() const {
  if (first_) return {};
  return fmt::format("{}: the sequence has compared nothing: no {} had a number at {}", ToString(spec_.range),
                     spec_.match ? "frame that match selects" : "frame", spec_.path.text());
}

Failure SequenceTracker::Fail(FailureClass failure_class, std::string message) const {
  Failure failure;
  failure.beyond_limit = failure_class == FailureClass::kConfig;
  failure.phase = Phase::kMessage;
  failure.failure_class = failure_class;
  failure.message = std::move(message);
  failure.range = spec_.range;
  return failure;
}

}  // namespace wsfleet
