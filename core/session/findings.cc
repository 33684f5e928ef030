#include "core/session/findings.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxPayloadBytes = 120;
constexpr std::size_t kMaxListed = 8;
constexpr std::size_t kMaxLast = 3;
constexpr std::size_t kMaxEntriesNamed = 3;
constexpr std::size_t kMaxKeyBytes = 60;
constexpr std::size_t kMaxTestBytes = 80;
constexpr std::size_t kMaxReasonBytes = 123;  // of a close frame (RFC 6455, 5.5)

std::string DescribePayload(const Payload& payload) {
  if (payload.opcode() == Opcode::kText) return Excerpt(Printable(payload.bytes()), kMaxPayloadBytes);
  return fmt::format("({}, {})", OpcodeName(payload.opcode()), FormatBytes(payload.bytes().size()));
}

std::string DescribeOffset(SteadyTime at, const Anchor& anchor) {
  if (at < anchor.clock) return fmt::format("{} before", FormatElapsed(anchor.clock - at));
  return fmt::format("+{}", FormatElapsed(at - anchor.clock));
}

bool Sees(const AwaitedMessage& message, const ReceivedFrame& frame, const Anchor& anchor) {
  const bool control = frame.payload.opcode() == Opcode::kPing || frame.payload.opcode() == Opcode::kPong;
  return (anchor.whole_inbox || frame.at >= anchor.frames_after) && (!control || message.match.asks_for_opcode());
}

std::string ListKeys(const std::vector<Mismatch>& mismatches) {
  std::string out;
  for (std::size_t i = 0; i < std::min(mismatches.size(), kMaxListed); ++i) {
    if (i > 0) out += ", ";
    out += mismatches[i].entry->key;
  }
  return out;
}

// "accepted +41ms (frame 4), filled +50ms (frame 5)".
std::string ListMessages(const std::vector<MatchedMessage>& messages) {
  std::string text;
  for (std::size_t i = 0; i < std::min(messages.size(), kMaxListed); ++i) {
    if (i > 0) text += ", ";
    text += fmt::format("{} +{} (frame {})", messages[i].name, FormatElapsed(messages[i].latency), messages[i].frame);
  }
  if (messages.size() > kMaxListed) text += fmt::format(" and {} more", messages.size() - kMaxListed);
  return text;
}

// "$.type = "filled", $.price gte 3"; empty if it selects by nothing.
std::string DescribeMatch(const Selector& match) {
  std::string text;
  for (std::size_t i = 0; i < std::min(match.entries.size(), kMaxEntriesNamed); ++i) {
    const Selector::Entry& entry = match.entries[i];
    const std::vector<Predicate::Test>& tests = entry.predicate.tests;
    const bool is_equality = tests.size() == 1 && tests.front().op == Predicate::Op::kEquals;
    text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", Excerpt(Printable(entry.key), kMaxKeyBytes),
                        is_equality ? "= " : "", Excerpt(Describe(entry.predicate), kMaxTestBytes));
  }
  return match.entries.size() > kMaxEntriesNamed ? text + ", …" : text;
}

struct NearestFrame {
  const ReceivedFrame* frame = nullptr;
  std::vector<Mismatch> differences;
};

// `frames` is not empty.
NearestFrame FindNearest(const AwaitedMessage& message, const std::vector<const ReceivedFrame*>& frames,
                         const Anchor& anchor) {
  NearestFrame nearest;
  const auto rank = [&](const ReceivedFrame& of, std::size_t mismatches) {
    return std::tuple(mismatches, of.at < anchor.clock, of.number);
  };
  for (const ReceivedFrame* frame : frames) {
    std::vector<Mismatch> found = Mismatches(message.match, frame->payload);
    if (nearest.frame != nullptr && rank(*nearest.frame, nearest.differences.size()) <= rank(*frame, found.size())) {
      continue;
    }
    nearest = {frame, std::move(found)};
  }
  return nearest;
}

void NoteNearest(const NearestFrame& nearest, const Anchor& anchor, Failure& failure) {
  std::string text = DescribeFrame(*nearest.frame, anchor);
  if (nearest.differences.empty()) {
    failure.notes.push_back({"nearest", text + "   too late"});
    return;
  }
  failure.notes.push_back({"nearest", text + "   differs: " + ListKeys(nearest.differences)});
  // What was expected there: "1" and 1 look alike in an excerpt.
  const Mismatch& first = nearest.differences.front();
  failure.notes.push_back({"differs", fmt::format("{}: {}", first.entry->key, first.explanation)});
}

}  // namespace

Failure MessageFailure(FailureClass failure_class, std::string text, const AwaitedMessage& message) {
  Failure failure;
  failure.phase = Phase::kMessage;
  failure.failure_class = failure_class;
  failure.message = std::move(text);
  failure.range = message.spec->range;
  failure.step = message.spec->name;
  return failure;
}

Failure MissingFailure(const AwaitedMessage& message, std::string_view since) {
  std::string known_by = message.spec->name.empty() ? DescribeMatch(message.match) : "";
  if (!known_by.empty()) known_by = fmt::format(" ({})", known_by);
  const bool alone = message.description == AwaitedMessage::kAlone;
  std::string text = alone ? "" : fmt::format("{}{} did not come: ", message.description, known_by);
  text += fmt::format("no matching frame{} within {}", alone ? known_by : "", DurationText(message.within));
  if (!since.empty()) text += fmt::format(" of `{}`", since);
  return MessageFailure(FailureClass::kEventMissing, std::move(text), message);
}

Failure ComplaintFailure(const Complaint& complaint, const AwaitedMessage& message, const ReceivedFrame& frame,
                         const Anchor& anchor) {
  Failure failure = MessageFailure(complaint.failure_class, complaint.text, message);
  failure.beyond_limit = complaint.failure_class == FailureClass::kConfig;
  if (complaint.range.known()) failure.range = complaint.range;
  failure.notes.push_back({"judged", DescribeFrame(frame, anchor)});
  return failure;
}

Failure CloseFailure(const ConnectionEnd& end, std::string_view during) {
  Failure failure;
  failure.phase = Phase::kMessage;
  failure.failure_class = FailureClass::kClose;
  failure.message = fmt::format("{} {}", DescribeEnd(end), during);
  failure.evidence.close_code = end.code;
  failure.evidence.close_reason = end.reason;
  return failure;
}

Failure ConfigFailure(const absl::Status& status) {
  Failure failure;
  failure.phase = Phase::kMessage;
  failure.failure_class = FailureClass::kConfig;
  failure.message = std::string(ToStd(status.message()));
  return failure;
}

std::string DescribeEnd(const ConnectionEnd& end) {
  if (end.code == 1006) return "the connection ended without a close frame (1006)";
  if (end.reason.empty()) return fmt::format("the connection closed with {}", end.code);
  return fmt::format("the connection closed with {} \"{}\"", end.code, Excerpt(Printable(end.reason), kMaxReasonBytes));
}

std::string DescribeFrame(const ReceivedFrame& frame, const Anchor& anchor) {
  return fmt::format("frame {} {} {}", frame.number, DescribeOffset(frame.at, anchor), DescribePayload(frame.payload));
}

void NoteMatched(const std::vector<MatchedMessage>& matched, Failure& failure) {
  if (!matched.empty()) failure.notes.push_back({"matched", ListMessages(matched)});
}

void NoteWhatCame(const AwaitedMessage& message, const std::vector<MatchedMessage>& came_after, const Inbox& inbox,
                  const Anchor& anchor, Failure& failure) {
  std::vector<const ReceivedFrame*> others;
  for (const ReceivedFrame& frame : inbox.frames()) {
    const bool named = std::ranges::find(came_after, frame.number, &MatchedMessage::frame) != came_after.end();
    if (!named && Sees(message, frame, anchor)) others.push_back(&frame);
  }
  if (!came_after.empty()) failure.notes.push_back({"came after", ListMessages(came_after)});
  if (others.empty()) {
    if (came_after.empty()) failure.notes.push_back({"received", "no other frame"});
    return;
  }
  const NearestFrame nearest = FindNearest(message, others, anchor);
  const bool agrees = nearest.differences.size() < message.match.entries.size();
  const bool shown = agrees || (came_after.empty() && others.size() == 1);
  if (shown) NoteNearest(nearest, anchor, failure);
  if (!came_after.empty()) return;
  for (std::size_t i = others.size() - std::min(others.size(), kMaxLast); i < others.size(); ++i) {
    if (shown && others[i] == nearest.frame) continue;
    failure.notes.push_back({"last", DescribeFrame(*others[i], anchor)});
  }
}

}  // namespace wsfleet
