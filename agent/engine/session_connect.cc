#include <algorithm>

#include "absl/time/clock.h"
#include "agent/engine/deflate_extension.h"
#include "agent/engine/session.h"
#include "agent/engine/steady_clock.h"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "core/base/text.h"
#include "core/match/predicate_text.h"
#include "fmt/format.h"

// The steps that open a connection: connect and reconnect, their answer, and being refused.
namespace wsfleet::engine {
namespace {

bool IsAuthCode(std::uint16_t code) { return code == 1008 || code == 4401 || code == 4403; }

bool AsksForClose(const std::vector<Refusal>& refused) {
  return std::ranges::any_of(
      refused, [](const Refusal& refusal) { return refusal.close || refusal.reason || refusal.failure_class; });
}

// What `expect: {tls: …}` looks at; empty without TLS.
std::map<std::string, boost::json::value> TlsValues(const WireFacts& facts) {
  std::map<std::string, boost::json::value> values;
  if (facts.tls_version.empty()) return values;
  // "TLSv1.3" is tls1.3 in the language.
  std::string version =
      "tls" + facts.tls_version.substr(std::min(facts.tls_version.find('v'), facts.tls_version.size() - 1) + 1);
  values["version"] = version;
  values["cipher"] = facts.tls_cipher;
  if (facts.leaf) {
    values["issuer"] = facts.leaf->issuer;
    values["days_left"] = absl::ToInt64Hours(facts.leaf->until - absl::Now()) / 24;
  }
  return values;
}

bool AsksForAnswer(const HttpExpect& answer) {
  return answer.status || !answer.headers.empty() || answer.json || answer.text;
}

std::optional<double> NumberOf(const boost::json::value& value) {
  boost::json::error_code error;
  const auto number = value.to_number<double>(error);
  return error ? std::nullopt : std::optional(number);
}

// Whether a bound test on the status, which holds, says that it means a server error: 500, in: [500, 503], gte: 500.
// `not: 101` and `gte: 400` do not.
bool NamesServerErrors(const Predicate& status) {
  return std::ranges::any_of(status.tests, [](const Predicate::Test& test) {
    const boost::json::value& operand = OperandOf(test);
    switch (test.op) {
      case Predicate::Op::kEquals:
      case Predicate::Op::kIn:
        return true;
      case Predicate::Op::kGreaterOrEqual:
        return NumberOf(operand) >= 500;
      case Predicate::Op::kGreater:
        return NumberOf(operand) >= 499;
      default:
        return false;
    }
  });
}

// How a connection that was let in ended before its first message; nothing if it did not.
WireFailure SeenBehindA101(const std::optional<ConnectionEnd>& end, const std::optional<WireFailure>& broken) {
  if (broken) return *broken;
  if (!end) return {};
  return {Phase::kOpen, IsAuthCode(end->code) ? FailureClass::kAuth : FailureClass::kClose,
          fmt::format("the connection was closed with {} {}", end->code, end->reason)};
}

// Nothing if it was done in time. `what`: "connecting".
std::optional<Failure> TooLate(std::string_view what, absl::Duration elapsed, std::optional<absl::Duration> max_time) {
  if (!max_time || elapsed <= *max_time) return std::nullopt;
  Failure failure;
  failure.phase = Phase::kUpgrade;
  failure.failure_class = FailureClass::kLatency;
  failure.message =
      fmt::format("{} took {}, expected at most {}", what, FormatElapsed(elapsed), DurationText(*max_time));
  return failure;
}

}  // namespace

Session::Result Session::Leave(NamedConnection& before) {
  if (before.wire.is_open() && !before.close_asked && !before.end_expected) {
    return ConfigFailure(absl::FailedPreconditionError(
        fmt::format("connection \"{}\" is still open; close it or drop it before it is opened again", before.name())));
  }
  // Nothing looks at it any more.
  before.wire.Drop();
  AddProof(before);
  return JudgeLeftovers(before);
}

boost::asio::awaitable<std::optional<HttpAnswer>> Session::Open(std::shared_ptr<NamedConnection> connection,
                                                                const ReconnectStep* again, SteadyTime until,
                                                                Result& failure) {
  const auto before = connections_.find(connection->name());
  if (before != connections_.end()) {
    current_ = before->second;
    failure = Leave(*current_);
    if (failure) co_return std::nullopt;
    if (again == nullptr) outcome_.AddWarning(outcome_.warnings, current_->idle_sequence());
  }
  auto prepared = Prepare(connection->opened_by.connection, again);
  if (!prepared.ok()) {
    failure = ConfigFailure(prepared.status());
    co_return std::nullopt;
  }
  Placed placed = *std::move(prepared);
  for (const std::string& host : {placed.url.host, placed.proxy_host}) {
    if (!host.empty()) scope_.StayConnected(host);
  }
  DialOptions options;
  options.url = placed.url;
  options.tls = placed.tls;
  options.proxy = placed.proxy;
  options.guard = facts_.guard;
  options.share = facts_.share;
  options.caps = facts_.planned->suite->defaults.phases;
  options.deadline = until;
  connections_[connection->name()] = current_ = connection;
  connection->wire.OnControl([this, to = connection.get()](Incoming incoming) { Receive(*to, std::move(incoming)); });
  HttpAnswer answer;
  answer.failure = co_await connection->wire.Dial(std::move(options));
  UpgradeRequest upgrade;
  upgrade.headers = std::move(placed.headers);
  upgrade.subprotocols = std::move(placed.subprotocols);
  upgrade.deflate = connection->opened_by.connection.compress;
  upgrade.held = facts_.surroundings->held;
  // A larger one would not fit into the inbox.
  upgrade.max_message = std::max<std::size_t>(upgrade.max_message, facts_.planned->suite->defaults.inbox.max_bytes);
  if (answer.failure.ok()) answer = co_await connection->wire.Upgrade(std::move(upgrade));
  if (const Traffic* const traffic = facts_.surroundings->traffic) {
    traffic->NoteConnection(connection->wire.facts().timings);
  }
  RecordExchange(fmt::format("GET {} (upgrade)", redactor_.Apply(placed.url.target)), answer, connection->name());
  connection->credential = placed.credential;
  NoteCredential(placed.credential, answer.failure.ok());
  if (answer.failure.ok()) {
    reading_.push_back(connection);
    boost::asio::co_spawn(executor_, ReadFrames(connection), boost::asio::detached);
  }
  co_return answer;
}

boost::asio::awaitable<Session::Result> Session::Do(const ConnectStep& step) {
  const Defaults& defaults = facts_.planned->suite->defaults;
  const SteadyTime began = SteadyNow();
  const SteadyTime until = std::min(deadline_, began + step.within.value_or(defaults.within));
  const auto connection = std::make_shared<NamedConnection>(executor_, step, defaults.inbox, facts_.surroundings->held);
  if (step.connection.sequence) {
    connection->sequence.emplace(*step.connection.sequence);
    if (absl::Status status = connection->sequence->Bind(scope_); !status.ok()) co_return ConfigFailure(status);
  }
  Result failure;
  std::optional<HttpAnswer> answer = co_await Open(connection, nullptr, until, failure);
  if (!answer) co_return failure;
  if (step.refused.empty()) co_return JudgeConnect(step, *answer, SteadyNow() - began);
  connection->end_expected = true;
  failure = co_await JudgeRefusal(step, *answer, until);
  if (!failure) failure = TooLate("the refusal", SteadyNow() - began, step.max_time);
  if (failure && failure->failure_class == FailureClass::kLatency) AddEvidence(*failure, *answer);
  const bool let_in = failure && failure->failure_class == FailureClass::kNotRefused;
  NoteCredential(connection->credential, let_in);
  refused_ = refused_ || !failure;
  connection->wire.Drop();
  co_return failure;
}

boost::asio::awaitable<Session::Result> Session::Do(const ReconnectStep& step) {
  const Defaults& defaults = facts_.planned->suite->defaults;
  const std::shared_ptr<NamedConnection> before = current_;
  const ConnectStep& connect = before->opened_by;
  const SteadyTime until = std::min(deadline_, SteadyNow() + step.within.value_or(defaults.within));
  absl::Duration backoff = step.backoff;
  for (std::uint32_t attempt = 1;; ++attempt) {
    // A new token each time.
    if (const auto name = ExpandText(connect.connection.auth, scope_); name.ok()) tokens_.erase(*name);
    const auto connection =
        std::make_shared<NamedConnection>(executor_, connect, defaults.inbox, facts_.surroundings->held);
    if (before->sequence) connection->sequence.emplace(*before->sequence);
    const SteadyTime began = SteadyNow();
    Result failure;
    const std::optional<HttpAnswer> answer = co_await Open(connection, &step, until, failure);
    if (!answer) co_return failure;
    failure = JudgeConnect(connect, *answer, SteadyNow() - began);
    const SteadyTime next = SteadyNow() + backoff;
    if (!failure || attempt >= step.attempts || next >= until || cancelled_) co_return failure;
    // Of an attempt that failed nothing is judged any more.
    connection->end_expected = true;
    connection->Cut();
    while (SteadyNow() < next && !cancelled_) co_await WaitUntil(next);
    connection->inbox.Release(SteadyNow() + absl::Nanoseconds(1));
    backoff *= 2;
  }
}

Session::Result Session::JudgeExpect(const ConnectExpect& expect, const HttpAnswer& answer) {
  HttpExpect tests;
  tests.headers = expect.headers;
  if (expect.subprotocol) tests.headers.emplace_back("sec-websocket-protocol", *expect.subprotocol);
  if (Result failure = JudgeTests(tests, answer, Phase::kUpgrade)) return failure;
  const auto fail = [&](Phase phase, std::string message) {
    Failure failure = MakeFailure(phase, FailureClass::kAssertion, std::move(message));
    AddEvidence(failure, answer);
    return failure;
  };
  const std::string found = answer.deflate ? DescribeDeflate(*answer.deflate) : std::string("no compression");
  if (expect.compressed && *expect.compressed != answer.deflate.has_value()) {
    return fail(Phase::kUpgrade, fmt::format("compress: expected {}, found {}",
                                             *expect.compressed ? "permessage-deflate" : "no compression", found));
  }
  if (expect.compress_parameters && answer.deflate) {
    const std::string other = DifferenceOf(*expect.compress_parameters, *answer.deflate);
    if (!other.empty()) return fail(Phase::kUpgrade, fmt::format("compress: {}; found {}", other, found));
  }
  const std::map<std::string, boost::json::value> seen = TlsValues(current_->wire.facts());
  for (const auto& [name, test] : expect.tls) {
    auto predicate = Bind(test, scope_);
    if (!predicate.ok()) return ConfigFailure(predicate.status());
    const auto value = seen.find(name);
    std::vector<const boost::json::value*> selection;
    if (value != seen.end()) selection.push_back(&value->second);
    if (HoldsForSelection(*predicate, selection)) continue;
    return fail(Phase::kTls, fmt::format("tls {}: {}", name, ExplainSelection(*predicate, selection)));
  }
  return std::nullopt;
}

Session::Result Session::JudgeConnect(const ConnectStep& step, const HttpAnswer& answer, absl::Duration elapsed) {
  if (!answer.failure.ok()) return FromWire(answer.failure, &answer);
  if (step.expect) {
    ++outcome_.assertions;
    if (Result failure = JudgeExpect(*step.expect, answer)) return failure;
  }
  return TooLate("connecting", elapsed, step.max_time);
}

boost::asio::awaitable<Session::Result> Session::JudgeRefusal(const ConnectStep& step, HttpAnswer answer,
                                                              SteadyTime until) {
  ++outcome_.assertions;
  WireFailure seen = answer.failure;
  // That we did not connect is no refusal of the target's.
  if (!seen.ok() && IsOurs(seen.failure_class)) co_return FromWire(seen, &answer);
  std::optional<ConnectionEnd> end;
  const std::shared_ptr<NamedConnection> connection = current_;
  if (seen.ok()) {
    const auto undecided = [&] { return !connection->inbox.end() && connection->messages_in == 0; };
    while (AsksForClose(step.refused) && undecided() && SteadyNow() < until && !cancelled_) co_await WaitUntil(until);
    // Whoever breaks the protocol has closed nothing.
    if (!connection->broken) end = connection->inbox.end();
    if (connection->messages_in == 0) seen = SeenBehindA101(end, connection->broken);
  }
  Result open;  // whether it was refused so, for a reason of ours
  for (const Refusal& refusal : step.refused) {
    if (seen.ok()) break;
    if (refusal.failure_class && *refusal.failure_class != seen.failure_class) continue;
    if (!refusal.failure_class && seen.failure_class == FailureClass::kUpgradeRefused5xx) {
      // A server that fails has not judged the token.
      if (!refusal.answer.status) continue;
      const auto status = Bind(*refusal.answer.status, scope_);
      if (!status.ok() || !NamesServerErrors(*status)) continue;
    }
    if (AsksForAnswer(refusal.answer)) {
      if (!answer.head || answer.head->status == 101) continue;
      if (Result other = JudgeTests(refusal.answer, answer, Phase::kUpgrade)) {
        if (IsOurs(other->failure_class)) open = std::move(other);
        continue;
      }
    }
    const auto holds = [&](const std::optional<Predicate>& test, const boost::json::value& value) {
      if (!test) return true;
      const auto bound = Bind(*test, scope_);
      return bound.ok() && end.has_value() && Holds(*bound, value);
    };
    if (!holds(refusal.close, end ? boost::json::value(end->code) : boost::json::value())) continue;
    if (!holds(refusal.reason, end ? boost::json::value(end->reason) : boost::json::value())) continue;
    co_return std::nullopt;
  }
  if (seen.ok()) {
    Failure failure = MakeFailure(Phase::kUpgrade, FailureClass::kNotRefused,
                                  "the connection was accepted, and should have been refused");
    AddEvidence(failure, answer);
    co_return failure;
  }
  if (open) co_return open;
  Failure failure = FromWire(seen, &answer);
  failure.message = fmt::format("refused in another way than expected: {}", seen.message);
  if (end) {
    failure.evidence.close_code = end->code;
    failure.evidence.close_reason = end->reason;
  }
  co_return failure;
}

}  // namespace wsfleet::engine
