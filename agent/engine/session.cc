#include "agent/engine/session.h"

#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "agent/engine/steady_clock.h"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

constexpr std::size_t kMaxTranscript = 64;
constexpr std::size_t kMaxExcerpt = 512;
constexpr std::size_t kMaxAttempts = 16;

// Steps that are about something else than how their connection ends.
bool NeedsAnOpenConnection(const Action& action) {
  return std::holds_alternative<SendStep>(action) || std::holds_alternative<ExpectStep>(action) ||
         std::holds_alternative<ExpectManyStep>(action) || std::holds_alternative<ExpectNoneStep>(action) ||
         std::holds_alternative<PingStep>(action);
}

}  // namespace

Session::Session(boost::asio::any_io_executor executor, SessionFacts facts, Url base)
    : executor_(executor),
      facts_(facts),
      base_(std::move(base)),
      scope_(std::move(facts)),
      redactor_(*facts_.redactor),
      trace_id_(facts_.planned->suite->evidence.trace ? RandomHex(16) : std::string()),
      wake_(executor) {
  redactor_.AddExpressions(facts_.planned->suite->evidence.redact);
  began_ = SteadyNow();
  deadline_ = began_ + (facts_.planned->scenario != nullptr ? facts_.planned->scenario->deadline : absl::Seconds(60));
  last_end_ = began_;
}

Session::~Session() = default;

boost::asio::awaitable<SessionOutcome> Session::Run() {
  Result failure = co_await RunSteps(facts_.planned->scenario->steps, false);
  if (!failure && !cancelled_) failure = co_await JudgeEnd();
  // A cancellation while it closes changes nothing of that.
  const bool has_failed = failure && !cancelled_;
  for (const auto& [name, connection] : connections_) {
    if (connection != current_) AddProof(*connection);
  }
  // The timings that are shown are those of the last step's connection.
  if (current_) AddProof(*current_);
  const bool politely = !failure;
  co_await CloseAll(politely);
  // A refusal that was asked for may be one that sends nothing: a name that does not resolve, a closed port.
  const bool no_traffic = !refused_ && (outcome_.proof.connections == 0 || outcome_.proof.bytes_in == 0);
  if (!failure && no_traffic && !cancelled_) {
    failure = MakeFailure(Phase::kNone, FailureClass::kVacuous,
                          "nothing was received from the target: the pass would prove nothing");
  }
  if (failure) redactor_.Apply(*failure);
  outcome_.failure = std::move(failure);
  outcome_.cancelled = cancelled_ && !has_failed;
  co_return outcome_;
}

boost::asio::awaitable<Session::Result> Session::JudgeEnd() {
  for (const auto& [name, connection] : connections_) {
    // From here on a peer may close: the steps are done.
    if (!connection->inbox.end()) connection->end_expected = true;
    co_await connection->wire.ReadArrived();
  }
  if (cancelled_) co_return std::nullopt;
  Result failure = stream_failure_;
  for (const auto& [name, connection] : connections_) {
    if (!failure) failure = JudgeLeftovers(*connection);
    outcome_.AddWarning(outcome_.warnings, connection->idle_sequence());
  }
  if (failure) {
    if (!failure->range.known()) failure->range = facts_.planned->scenario->range;
    failure->evidence.transcript = transcript_;
    failure->evidence.trace_id = trace_id_;
  }
  co_return failure;
}

boost::asio::awaitable<void> Session::CloseAll(bool politely) {
  // Whoever ends a session politely leaves no half-open connection at the target. Cancel() has said so already, and
  // cuts the connections itself: cutting them here would take its close frame along.
  for (const auto& [name, connection] : connections_) {
    if (!politely || cancelled_ || !connection->wire.is_open()) continue;
    connection->close_asked = true;
    boost::asio::co_spawn(
        executor_, [connection]() -> boost::asio::awaitable<void> { co_await connection->wire.Close(1000, ""); },
        boost::asio::detached);
  }
  const SteadyTime until = std::min(deadline_, SteadyNow() + facts_.planned->suite->defaults.phases.close);
  while ((politely || cancelled_) && !reading_.empty() && SteadyNow() < until) co_await WaitUntil(until);
  // All that something still reads, whether or not its name means another one by now.
  for (const auto& connection : reading_) connection->wire.Drop();
  while (!reading_.empty()) co_await WaitUntil(SteadyNow() + absl::Seconds(1));
}

void Session::Cancel() {
  if (cancelled_) return;
  cancelled_ = true;
  if (http_ != nullptr) http_->Drop();
  for (const auto& [name, connection] : connections_) {
    if (!connection->wire.is_open()) {
      // A handshake, or a close of ours that waits for its answer.
      connection->wire.Drop();
      continue;
    }
    boost::asio::co_spawn(
        executor_,
        [connection]() -> boost::asio::awaitable<void> { co_await connection->wire.Close(1001, "cancelled"); },
        boost::asio::detached);
    auto timer = std::make_shared<boost::asio::steady_timer>(executor_, std::chrono::milliseconds(100));
    timer->async_wait([connection, timer](const boost::system::error_code&) { connection->wire.Drop(); });
  }
  wake_.cancel();
}

boost::asio::awaitable<Session::Result> Session::RunSteps(const std::vector<Step>& steps, bool loops) {
  const StepPosition begin{&steps, 0, loops};
  path_.push_back(begin);
  const auto leave = absl::MakeCleanup([this] { path_.pop_back(); });
  for (const Step& step : steps) {
    ++path_.back().next;
    if (Result stop = Interrupted()) co_return stop;
    if (on_step_) on_step_(step.id.empty() ? step.action_name : step.id);
    Result failure = co_await RunStep(step);
    if (!failure) failure = ReleaseUnreachable();
    // What came while the step went on, or with what ended it: the last step must not pass over it.
    if (!failure) failure = stream_failure_;
    if (failure) {
      Complete(*failure, step);
      co_return failure;
    }
    last_end_ = SteadyNow();
    // The anchor of a send is the start of its write: an answer may overtake its completion.
    if (!step.id.empty() && !std::holds_alternative<SendStep>(step.action)) anchors_[step.id] = last_end_;
  }
  co_return std::nullopt;
}

boost::asio::awaitable<Session::Result> Session::RunStep(const Step& step) {
  if (!step.id.empty() && std::holds_alternative<SendStep>(step.action)) anchors_[step.id] = SteadyNow();
  if (const auto via = connections_.find(step.via); via != connections_.end()) current_ = via->second;
  switch (step.action.index()) {
    case 0:
      co_return co_await Do(std::get<0>(step.action));
    case 1:
      co_return co_await Do(std::get<1>(step.action));
    case 2:
      co_return co_await Do(std::get<2>(step.action));
    case 3:
      co_return co_await Do(std::get<3>(step.action));
    case 4:
      co_return co_await Do(std::get<4>(step.action));
    case 5:
      co_return co_await Do(std::get<5>(step.action));
    case 6:
      co_return co_await Do(std::get<6>(step.action));
    case 7:
      co_return co_await Do(std::get<7>(step.action));
    case 8:
      co_return co_await Do(std::get<8>(step.action));
    case 9:
      co_return co_await Do(std::get<9>(step.action));
    case 10:
      co_return co_await Do(std::get<10>(step.action));
    case 11:
      co_return co_await Do(std::get<11>(step.action));
    default:
      co_return co_await Do(std::get<12>(step.action));
  }
}

Session::Result Session::Interrupted() {
  if (cancelled_) return MakeFailure(Phase::kNone, FailureClass::kAgent, "the session was cancelled");
  if (stream_failure_) return stream_failure_;
  if (SteadyNow() < deadline_) return std::nullopt;
  return MakeFailure(Phase::kMessage, FailureClass::kDeadline,
                     fmt::format("the session took longer than its deadline of {}", DurationText(deadline_ - began_)));
}

Failure Session::MakeFailure(Phase phase, FailureClass failure_class, std::string message) const {
  Failure failure;
  failure.phase = phase;
  failure.failure_class = failure_class;
  failure.message = std::move(message);
  return failure;
}

Failure Session::ConfigFailure(const absl::Status& status) const {
  return MakeFailure(Phase::kNone, FailureClass::kConfig, std::string(ToStd(status.message())));
}

Failure Session::FromWire(const WireFailure& wire, const HttpAnswer* answer) const {
  Failure failure = MakeFailure(wire.phase, wire.failure_class, wire.message);
  failure.hint = wire.hint;
  // Before it is answered, what is wrong is what was set: a proxy, a certificate. Then it is what came.
  failure.beyond_limit =
      wire.failure_class == FailureClass::kConfig && (wire.phase == Phase::kUpgrade || wire.phase == Phase::kHttp);
  if (answer != nullptr) AddEvidence(failure, *answer);
  return failure;
}

void Session::AddEvidence(Failure& failure, const HttpAnswer& answer) const {
  if (!answer.head) return;
  Evidence& evidence = failure.evidence;
  evidence.status = answer.head->status;
  evidence.status_reason = answer.head->reason;
  std::vector<std::string> shown{"server",
                                 "date",
                                 "content-type",
                                 "content-length",
                                 "location",
                                 "retry-after",
                                 "via",
                                 "www-authenticate",
                                 "sec-websocket-accept",
                                 "sec-websocket-protocol",
                                 "sec-websocket-extensions",
                                 "x-request-id"};
  const auto& more = facts_.planned->suite->evidence.headers;
  shown.insert(shown.end(), more.begin(), more.end());
  for (const std::string& name : shown) {
    if (const std::string* value = answer.head->Find(name))
      evidence.headers.push_back({name, Excerpt(*value, kMaxExcerpt)});
  }
  evidence.body_excerpt = Excerpt(answer.body, 2 * 1024 - 4);
}

void Session::NoteCredential(const CredentialUse& use, bool accepted) {
  if (!use.name.empty()) outcome_.credentials[{use.name, use.endpoint}] = accepted;
}

void Session::Complete(Failure& failure, const Step& step) {
  if (!failure.range.known()) failure.range = step.range;
  if (failure.step.empty()) failure.step = step.id.empty() ? step.action_name : step.id;
  // A refusal by close code counts as one of authentication only before the target has said anything.
  const std::optional<ConnectionEnd> end = current_ ? current_->inbox.end() : std::nullopt;
  const auto code = end ? std::optional(end->code) : std::nullopt;
  if (failure.failure_class == FailureClass::kClose && code) {
    failure.evidence.close_code = code;
    failure.evidence.close_reason = end->reason;
    if (NeedsAnOpenConnection(step.action) && current_->messages_in == 0 &&
        (*code == 1008 || *code == 4401 || *code == 4403)) {
      failure.failure_class = FailureClass::kAuth;
      failure.phase = Phase::kOpen;
      NoteCredential(current_->credential, false);
    }
  }
  failure.evidence.trace_id = trace_id_;
  failure.evidence.transcript = transcript_;
  if (current_ && failure.evidence.certificates.empty()) {
    failure.evidence.certificates = current_->wire.facts().certificates;
  }
}

void Session::Record(const NamedConnection& on, bool inbound, std::string_view kind, std::string_view payload) {
  Insert({SteadyNow() - began_, inbound, std::string(kind), payload.size(),
          Printable(Excerpt(payload, kMaxExcerpt - 4)), on.name()});
}

void Session::RecordExchange(std::string_view request, const HttpAnswer& answer, const std::string& connection) {
  if (!answer.written) return;
  const auto shown = [](std::string_view text) { return Printable(Excerpt(text, kMaxExcerpt - 4)); };
  Insert({*answer.written - began_, false, "http", answer.request_bytes, shown(request), connection});
  if (!answer.head) return;
  const std::string line = fmt::format("{} {}", answer.head->status, answer.head->reason);
  Insert({SteadyNow() - began_, true, "http", answer.answer_bytes, shown(line), connection});
}

void Session::Insert(TranscriptEntry entry) {
  const auto place = std::ranges::upper_bound(transcript_, entry.at, {}, &TranscriptEntry::at);
  transcript_.insert(place, std::move(entry));
  if (transcript_.size() > kMaxTranscript) transcript_.erase(transcript_.begin());
}

void Session::CountMessage(bool inbound, Opcode opcode) {
  if (Traffic* const traffic = facts_.surroundings->traffic) traffic->CountMessage(inbound, opcode);
}

void Session::AddProof(NamedConnection& connection) {
  if (!connection.counted) AddProof(connection.wire.facts());
  connection.counted = true;
}

void Session::AddProof(const WireFacts& facts) {
  ProofOfExecution& proof = outcome_.proof;
  if (facts.connected) ++proof.connections;
  if (!facts.peer_address.empty()) proof.peer_address = facts.peer_address;
  proof.tls_version = facts.tls_version;
  proof.tls_cipher = facts.tls_cipher;
  proof.bytes_in += facts.bytes_in;
  proof.bytes_out += facts.bytes_out;
  proof.frames_in += facts.frames_in;
  proof.frames_out += facts.frames_out;
  proof.timings = facts.timings;
  proof.attempts = facts.attempts;
  if (proof.attempts.size() > kMaxAttempts) proof.attempts.resize(kMaxAttempts);
}

boost::asio::awaitable<Session::Result> Session::Do(const WaitStep& step) {
  const SteadyTime until = std::min(SteadyNow() + step.duration, deadline_);
  while (SteadyNow() < until && !cancelled_) co_await WaitUntil(until);
  co_return Interrupted();
}

boost::asio::awaitable<Session::Result> Session::Do(const RepeatStep& step) {
  const SteadyTime began = SteadyNow();
  for (std::uint64_t round = 0; !step.times || round < *step.times; ++round) {
    const SteadyTime start = SteadyNow();
    if (step.duration && start - began >= *step.duration) break;
    if (Result failure = co_await RunSteps(step.steps, true)) co_return failure;
    const SteadyTime next = step.every ? start + *step.every : SteadyNow();
    const SteadyTime until = std::min(step.duration ? std::min(next, began + *step.duration) : next, deadline_);
    while (SteadyNow() < until && !cancelled_) co_await WaitUntil(until);
    if (Result stop = Interrupted()) co_return stop;
  }
  co_return std::nullopt;
}

}  // namespace wsfleet::engine
