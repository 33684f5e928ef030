#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "agent/engine/phase_timer.h"
#include "agent/engine/session.h"
#include "agent/engine/steady_clock.h"
#include "boost/asio/as_tuple.hpp"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "core/base/text.h"
#include "core/session/awaited_message.h"
#include "core/session/findings.h"
#include "core/value/json_text.h"
#include "fmt/format.h"

// Steps on an open connection: send, the expectations, ping, close.
namespace wsfleet::engine {
namespace {

constexpr std::size_t kMaxControl = 125;             // RFC 6455, 5.5
constexpr std::size_t kMaxReason = kMaxControl - 2;  // behind the code
constexpr std::uint16_t kNoCloseFrame = 1006;
constexpr std::uint64_t kMaxUnexpectedShown = 10;

// What a target says that has nothing more to say: done, going away, or a close frame without a code.
bool IsOrderly(const ConnectionEnd& end) { return end.code == 1000 || end.code == 1001 || end.code == 1005; }

// Of what this agent does not take.
FailureClass ClassOf(Incoming::Kind kind) {
  if (kind == Incoming::Kind::kNoRoom) return FailureClass::kAgent;
  return kind == Incoming::Kind::kTooLarge ? FailureClass::kInboxOverflow : FailureClass::kConfig;
}

Failure EndedBadly(const ConnectionEnd& end, std::string_view how) {
  Failure failure = CloseFailure(end, how);
  failure.phase = Phase::kClose;
  return failure;
}

}  // namespace

boost::asio::awaitable<void> Session::WaitUntil(SteadyTime time) {
  wake_.expires_at(ToChrono(time));
  co_await wake_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

boost::asio::awaitable<void> Session::ReadFrames(std::shared_ptr<NamedConnection> connection) {
  try {
    for (bool open = true; open;) {
      Incoming incoming = co_await connection->wire.Read();
      open = Receive(*connection, std::move(incoming));
    }
  } catch (const std::exception& error) {
    stream_failure_ = Unforeseen(error);
    connection->wire.Drop();
    if (!connection->inbox.end()) EndConnection(*connection, Incoming{}, SteadyNow());
  }
  std::erase(reading_, connection);
  wake_.cancel();
}

void Session::EndConnection(NamedConnection& connection, const Incoming& incoming, SteadyTime now) {
  ConnectionEnd end;
  const bool closed = incoming.kind == Incoming::Kind::kClosed;
  end.code = closed ? incoming.close_code : 1006;
  end.reason = closed ? incoming.payload : std::string();
  end.at = now;
  end.asked_for = connection.close_asked || cancelled_;
  // What we cut ourselves has no close frame, and none is missing.
  Traffic* const traffic = facts_.surroundings->traffic;
  if (traffic != nullptr && !(end.asked_for && end.code == kNoCloseFrame)) traffic->CountClose(end.code);
  Record(connection, true, "close", fmt::format("{} {}", end.code, end.reason));
  connection.inbox.End(std::move(end));
  // So that a resume can name it.
  if (connection.sequence && connection.sequence->last() && !connection.sequence->spec().as.empty()) {
    scope_.Set(connection.sequence->spec().as, boost::json::value(*connection.sequence->last()));
  }
}

bool Session::Receive(NamedConnection& connection, Incoming incoming) {
  const SteadyTime now = SteadyNow();
  ReceivedFrame frame;
  frame.number = ++connection.frames;
  frame.at = now;
  wake_.cancel();
  switch (incoming.kind) {
    case Incoming::Kind::kMessage:
      ++connection.messages_in;
      Record(connection, true, incoming.binary ? "binary" : "text", incoming.payload);
      frame.payload = Payload(incoming.binary ? Opcode::kBinary : Opcode::kText, std::move(incoming.payload));
      CountMessage(true, incoming.binary ? Opcode::kBinary : Opcode::kText);
      break;
    case Incoming::Kind::kPing:
    case Incoming::Kind::kPong: {
      const bool ping = incoming.kind == Incoming::Kind::kPing;
      // Unsolicited ones are a peer's choice.
      if (!ping && !connection.pong && !connection.pinged.empty() && incoming.payload == connection.pinged) {
        connection.pong = now;
      }
      Record(connection, true, ping ? "ping" : "pong", incoming.payload);
      frame.payload = Payload(ping ? Opcode::kPing : Opcode::kPong, std::move(incoming.payload));
      CountMessage(true, ping ? Opcode::kPing : Opcode::kPong);
      break;
    }
    case Incoming::Kind::kTooLarge:
    case Incoming::Kind::kUnsupported:
    case Incoming::Kind::kNoRoom:
      // A limit of ours, which says nothing of the target's conformance.
      ++connection.messages_in;
      stream_failure_ = MakeFailure(Phase::kMessage, ClassOf(incoming.kind), incoming.payload);
      stream_failure_->beyond_limit = incoming.kind == Incoming::Kind::kUnsupported;
      EndConnection(connection, incoming, now);
      return false;
    case Incoming::Kind::kProtocolError:
      connection.broken = {Phase::kMessage, FailureClass::kProtocol,
                           fmt::format("the target broke RFC 6455: {}", incoming.payload)};
      // Where it should be refused, this is judged as a way to be.
      if (connection.opened_by.refused.empty()) stream_failure_ = FromWire(*connection.broken, nullptr);
      EndConnection(connection, incoming, now);
      return false;
    case Incoming::Kind::kClosed:
      EndConnection(connection, incoming, now);
      return false;
  }
  if (connection.sequence && !stream_failure_) {
    stream_failure_ = connection.sequence->OnFrame(frame.number, frame.payload);
  }
  MakeRoom(connection, frame);
  if (!connection.inbox.Push(std::move(frame)) && !stream_failure_) {
    stream_failure_ =
        MakeFailure(Phase::kMessage, FailureClass::kInboxOverflow,
                    "more frames arrived than the inbox holds; consume them, use since, or raise defaults.inbox");
  }
  const HeldBytes* const too_much = connection.inbox.held().too_much();
  if (too_much != nullptr && !stream_failure_) {
    stream_failure_ = MakeFailure(Phase::kMessage, FailureClass::kAgent, too_much->TooMuch());
  }
  return true;
}

Anchor Session::AnchorOf(const std::string& since) const {
  Anchor anchor;
  anchor.step_began = SteadyNow();
  anchor.clock = last_end_;
  const auto found = anchors_.find(since);
  if (since.empty() || found == anchors_.end()) return anchor;
  anchor.whole_inbox = false;
  anchor.frames_after = found->second;
  anchor.clock = found->second;
  return anchor;
}

void Session::NoteEvents(const std::vector<MatchedMessage>& matched) const {
  const Traffic* const traffic = facts_.surroundings->traffic;
  if (traffic == nullptr) return;
  for (const MatchedMessage& message : matched) {
    traffic->NoteEvent(facts_.is_scheduled && message.is_named ? message.name : std::string(), message.latency);
  }
}

boost::asio::awaitable<Session::Result> Session::Await(absl::StatusOr<std::unique_ptr<Expectation>> expectation) {
  if (!expectation.ok()) co_return ConfigFailure(expectation.status());
  ++outcome_.assertions;
  waiting_ = expectation->get();
  const auto done = absl::MakeCleanup([this] { waiting_ = nullptr; });
  while (true) {
    Judgement judgement = (*expectation)->Judge(current_->inbox, SteadyNow());
    if (judgement.state != Judgement::State::kPending) NoteEvents(judgement.matched);
    if (judgement.state == Judgement::State::kHolds) co_return std::nullopt;
    if (stream_failure_) co_return stream_failure_;
    if (judgement.state == Judgement::State::kFailed) co_return std::move(judgement.failure);
    if (Result stop = Interrupted()) co_return stop;
    co_await WaitUntil(std::min(judgement.wake_at, deadline_));
  }
}

boost::asio::awaitable<Session::Result> Session::Do(const ExpectStep& step) {
  const Anchor anchor = AnchorOf(step.since);
  co_return co_await Await(Expect(step, anchor, step.message.within.value_or(absl::Seconds(5)), scope_));
}
boost::asio::awaitable<Session::Result> Session::Do(const ExpectManyStep& step) {
  const Anchor anchor = AnchorOf(step.since);
  co_return co_await Await(ExpectMany(step, anchor, step.within.value_or(absl::Seconds(5)), scope_));
}
boost::asio::awaitable<Session::Result> Session::Do(const ExpectNoneStep& step) {
  const Anchor anchor = AnchorOf(step.since);
  co_return co_await Await(ExpectNone(step, anchor, scope_));
}
boost::asio::awaitable<Session::Result> Session::Do(const ExpectCloseStep& step) {
  const Anchor anchor = AnchorOf(step.since);
  current_->end_expected = true;
  co_return co_await Await(ExpectClose(step, anchor, step.within.value_or(absl::Seconds(5)), scope_));
}

// Before the inbox overflows, frames go that neither a step that waits nor a later one can use.
void Session::MakeRoom(NamedConnection& connection, const ReceivedFrame& next) {
  if (connection.inbox.Fits(next)) return;
  const SteadyTime reach = EarliestReach(path_, anchors_, connection.name(), SteadyNow());
  const bool waited_for = waiting_ != nullptr && &connection == current_.get();
  // The newest stay: they are what a failure shows as nearest.
  const std::uint64_t kept = std::min<std::uint64_t>(64, facts_.planned->suite->defaults.inbox.max_frames / 4);
  const auto useless = [&](const ReceivedFrame& frame) {
    return frame.number + kept < next.number && frame.at < reach && !(waited_for && waiting_->MayUse(frame));
  };
  if (Result failure = JudgeReleased(connection.inbox.ReleaseIf(useless))) stream_failure_ = std::move(failure);
}

Session::Result Session::JudgeReleased(const std::vector<ReceivedFrame>& released) {
  for (const ReceivedFrame& frame : released) {
    ++unexpected_;
    const Unexpected rule = facts_.planned->suite->defaults.unexpected;
    if (rule == Unexpected::kIgnore || unexpected_ > kMaxUnexpectedShown) continue;
    std::string found = fmt::format("frame {} (+{}) was expected by no step: {}", frame.number,
                                    FormatElapsed(frame.at - began_), Printable(Excerpt(frame.payload.bytes(), 200)));
    if (rule == Unexpected::kFail) return MakeFailure(Phase::kMessage, FailureClass::kEventForbidden, std::move(found));
    outcome_.warnings.push_back(redactor_.Apply(found));
  }
  return std::nullopt;
}

Session::Result Session::ReleaseUnreachable() {
  Result failure;
  for (const auto& [name, connection] : connections_) {
    if (failure || connection->inbox.frames().empty()) continue;
    failure = JudgeReleased(connection->inbox.Release(EarliestReach(path_, anchors_, name, SteadyNow())));
  }
  return failure;
}

Session::Result Session::JudgeLeftovers(NamedConnection& connection) {
  Result failure = JudgeReleased(connection.inbox.Release(SteadyNow() + absl::Nanoseconds(1)));
  const std::optional<ConnectionEnd>& end = connection.inbox.end();
  const Unexpected rule = facts_.planned->suite->defaults.unexpected;
  if (!failure && rule != Unexpected::kIgnore && end && !end->asked_for && !connection.end_expected) {
    const std::string found =
        fmt::format("the target closed with {} {}, which no step asked for", end->code, Printable(end->reason));
    if (rule == Unexpected::kFail) {
      failure = MakeFailure(Phase::kClose, FailureClass::kClose, found);
      failure->evidence.close_code = end->code;
      failure->evidence.close_reason = end->reason;
    } else {
      outcome_.warnings.push_back(redactor_.Apply(found));
    }
  }
  return failure;
}

absl::StatusOr<std::string> Session::BytesOf(const SendStep& step) const {
  switch (step.kind) {
    case SendStep::Kind::kJson: {
      auto json = Expand(step.json, scope_);
      if (!json.ok()) return json.status();
      return CompactJson(*json);
    }
    case SendStep::Kind::kText:
      return ExpandText(step.text, scope_);
    case SendStep::Kind::kHex:
    case SendStep::Kind::kBase64:
    case SendStep::Kind::kFile:
      return step.bytes;
  }
  return absl::InternalError("a payload of no kind");
}

boost::asio::awaitable<Session::Result> Session::Do(const SendStep& step) {
  auto payload = BytesOf(step);
  if (!payload.ok()) co_return ConfigFailure(payload.status());
  const bool binary = step.frame == SendStep::Frame::kBinary;
  const bool pong = step.frame == SendStep::Frame::kPong;
  if (pong && payload->size() > kMaxControl) {
    co_return ConfigFailure(absl::InvalidArgumentError(
        fmt::format("a pong holds at most {} bytes (RFC 6455, 5.5), found {}", kMaxControl, payload->size())));
  }
  Record(*current_, false, pong ? "pong" : binary ? "binary" : "text", *payload);
  const Payload sent(pong ? Opcode::kPong : binary ? Opcode::kBinary : Opcode::kText, *payload);
  for (const Capture& capture : step.capture) {
    auto value = ReadCapture(capture.source, sent, {});
    if (!value.ok())
      co_return MakeFailure(Phase::kMessage, ClassOfCapture(value.status()),
                            std::string(ToStd(value.status().message())));
    scope_.Set(capture.variable, *std::move(value));
  }
  const std::shared_ptr<NamedConnection> connection = current_;
  const absl::Duration within = facts_.planned->suite->defaults.within;
  // A write that waits for a peer which does not read ends with TCP only.
  const PhaseTimer timer(executor_, std::min(deadline_, SteadyNow() + within), [connection] { connection->Cut(); });
  bool written = false;
  if (!connection->inbox.end() && pong) {
    written = co_await connection->wire.Pong(*std::move(payload));
  } else if (!connection->inbox.end()) {
    OutgoingMessage message;
    message.binary = binary;
    message.payload = *std::move(payload);
    message.fragments = step.fragments;
    written = co_await connection->wire.Write(std::move(message));
  }
  if (written) {
    CountMessage(false, pong ? Opcode::kPong : binary ? Opcode::kBinary : Opcode::kText);
    co_return std::nullopt;
  }
  if (Result stop = Interrupted()) co_return stop;
  if (timer.expired()) {
    co_return MakeFailure(
        Phase::kMessage, FailureClass::kDeadline,
        fmt::format("the message was not written within {}: the target does not read", DurationText(within)));
  }
  const std::uint16_t code = connection->inbox.end() ? connection->inbox.end()->code : 1006;
  co_return MakeFailure(Phase::kMessage, FailureClass::kClose,
                        fmt::format("the connection is gone (close code {}); the message was not sent", code));
}

boost::asio::awaitable<Session::Result> Session::Do(const PingStep& step) {
  ++outcome_.assertions;
  const std::string payload = RandomHex(8);
  const SteadyTime began = SteadyNow();
  const absl::Duration within = step.within.value_or(facts_.planned->suite->defaults.within);
  const SteadyTime until = std::min(deadline_, began + within);
  const std::shared_ptr<NamedConnection> connection = current_;
  const std::optional<ConnectionEnd>& end = connection->inbox.end();
  connection->pinged = payload;
  connection->pong.reset();
  Record(*connection, false, "ping", payload);
  bool written_in_time = true;
  if (!end) {
    // As for a message.
    const PhaseTimer timer(executor_, until, [connection] { connection->Cut(); });
    if (co_await connection->wire.Ping(payload)) CountMessage(false, Opcode::kPing);
    written_in_time = !timer.expired();
  }
  while (!connection->pong) {
    if (stream_failure_) co_return stream_failure_;
    if (end && written_in_time) {
      co_return MakeFailure(
          Phase::kMessage, FailureClass::kClose,
          fmt::format("the connection was closed with {} {} while a pong was awaited", end->code, end->reason));
    }
    if (cancelled_ || SteadyNow() >= until) {
      if (Result stop = Interrupted()) co_return stop;
      co_return MakeFailure(Phase::kMessage, FailureClass::kDeadline,
                            fmt::format("no pong within {}{}", DurationText(within),
                                        written_in_time ? "" : ": the target does not read"));
    }
    co_await WaitUntil(until);
  }
  const absl::Duration round_trip = *connection->pong - began;
  if (step.max_time && round_trip > *step.max_time) {
    co_return MakeFailure(Phase::kMessage, FailureClass::kLatency,
                          fmt::format("the pong came after {}, expected at most {}", FormatElapsed(round_trip),
                                      DurationText(*step.max_time)));
  }
  co_return std::nullopt;
}

boost::asio::awaitable<Session::Result> Session::Do(const CloseStep& step) {
  auto reason = ExpandText(step.reason, scope_);
  if (!reason.ok()) co_return ConfigFailure(reason.status());
  if (reason->size() > kMaxReason) {
    co_return ConfigFailure(absl::InvalidArgumentError(
        fmt::format("a close reason holds at most {} bytes (RFC 6455, 5.5), found {}", kMaxReason, reason->size())));
  }
  const std::shared_ptr<NamedConnection> connection = current_;
  const std::optional<ConnectionEnd>& end = connection->inbox.end();
  const SteadyTime until = std::min(deadline_, SteadyNow() + facts_.planned->suite->defaults.phases.close);
  while (!end && connection->wire.peer_closed() && SteadyNow() < until && !cancelled_) co_await WaitUntil(until);
  // Both sides may close at once. Any other end of the target is not what this step is about.
  if (end && IsOrderly(*end)) co_return std::nullopt;
  if (end) co_return EndedBadly(*end, "before this step closed it");
  connection->close_asked = true;
  Record(*connection, false, "close", fmt::format("{} {}", step.code, *reason));
  const std::uint16_t code = step.code;
  boost::asio::co_spawn(
      executor_,
      [connection, code, text = *reason]() -> boost::asio::awaitable<void> {
        co_await connection->wire.Close(code, text);
      },
      boost::asio::detached);
  while (!end && SteadyNow() < until && !cancelled_) co_await WaitUntil(until);
  if (stream_failure_) co_return stream_failure_;
  if (cancelled_) co_return Interrupted();
  if (end && end->code == kNoCloseFrame) co_return EndedBadly(*end, "instead of an answer to our close frame");
  if (end) co_return std::nullopt;
  co_return MakeFailure(Phase::kClose, FailureClass::kDeadline, "no answering close frame came in time");
}

boost::asio::awaitable<Session::Result> Session::Do(const DropStep&) {
  const std::shared_ptr<NamedConnection> connection = current_;
  connection->AskForEnd();
  co_await connection->wire.ReadArrived();
  Record(*connection, false, "drop", "");
  connection->Cut();
  // Its reader reports the end at once, and with it the last number of a sequence is known.
  while (!connection->inbox.end() && !cancelled_) co_await WaitUntil(deadline_);
  co_return std::nullopt;
}

}  // namespace wsfleet::engine
