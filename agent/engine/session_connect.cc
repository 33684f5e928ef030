#include <algorithm>

#include "absl/time/clock.h"
#include "agent/engine/jwt.h"
#include "agent/engine/session.h"
#include "agent/engine/steady_clock.h"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "core/base/text.h"
#include "fmt/format.h"

// The connect step: credentials, the upgrade, and being refused.
namespace wsfleet::engine {
namespace {

bool IsAuthCode(std::uint16_t code) { return code == 1008 || code == 4401 || code == 4403; }

bool AsksForClose(const std::vector<Refusal>& refused) {
  return std::ranges::any_of(
      refused, [](const Refusal& refusal) { return refusal.close || refusal.reason || refusal.failure_class; });
}

bool AsksForAnswer(const HttpExpect& answer) {
  return answer.status || !answer.headers.empty() || answer.json || answer.text;
}

}  // namespace

absl::Status Session::Place(const Template& auth, Placed& request) {
  if (auth.empty()) return absl::OkStatus();
  auto name = ExpandText(auth, scope_);
  if (!name.ok()) return name.status();
  if (*name == "none") return absl::OkStatus();
  const auto& credentials = facts_.planned->suite->credentials;
  const auto credential = std::ranges::find(credentials, *name, &Credential::name);
  if (credential == credentials.end())
    return absl::NotFoundError(fmt::format("credential \"{}\" is not defined", *name));
  auto token = tokens_.find(*name);
  if (token == tokens_.end()) {
    auto minted = MintToken(*credential, scope_, absl::Now());
    if (!minted.ok()) return minted.status();
    redactor_.AddSecret(*minted);
    token = tokens_.emplace(*name, *std::move(minted)).first;
  }
  const std::string value = FormatToken(*credential, token->second);
  switch (credential->place) {
    case CredentialPlace::kHeader:
      request.headers.push_back({credential->parameter, value});
      break;
    case CredentialPlace::kQuery:
      AddQuery(request.url, credential->parameter, value);
      break;
    case CredentialPlace::kSubprotocol:
      request.subprotocols.push_back(value);
      break;
    case CredentialPlace::kCookie:
      request.headers.push_back({"Cookie", fmt::format("{}={}", credential->parameter, value)});
      break;
  }
  return absl::OkStatus();
}

absl::StatusOr<TlsOptions> Session::PrepareTls(const TlsSpec& spec, bool own_origin) {
  TlsOptions tls;
  // The target's settings go with its origin.
  const TlsSpec standard_tls = own_origin ? facts_.target->tls : TlsSpec{};
  const auto fill = [&](const std::optional<Template>& own, const std::optional<Template>& standard,
                        std::string& out) -> absl::Status {
    const auto& text = own ? own : standard;
    if (!text) return absl::OkStatus();
    auto value = ExpandText(*text, scope_);
    if (!value.ok()) return value.status();
    out = *std::move(value);
    return absl::OkStatus();
  };
  if (auto status = fill(spec.ca, standard_tls.ca, tls.ca_pem); !status.ok()) return status;
  if (auto status = fill(spec.server_name, standard_tls.server_name, tls.server_name); !status.ok()) return status;
  tls.insecure = spec.insecure || standard_tls.insecure;
  if (tls.insecure && outcome_.warnings.empty())
    outcome_.warnings.push_back("insecure: the certificate was not verified");
  return tls;
}

absl::StatusOr<Session::Placed> Session::Address(const Template& reference, const Headers& headers) {
  Placed placed;
  const auto add = [&](const Headers& list) -> absl::Status {
    for (const auto& [name, text] : list) {
      auto value = ExpandText(text, scope_);
      if (!value.ok()) return value.status();
      placed.headers.push_back({name, *std::move(value)});
    }
    return absl::OkStatus();
  };
  auto text = ExpandText(reference, scope_);
  if (!text.ok()) return text.status();
  auto url = ResolveUrl(base_, *text);
  if (!url.ok()) return url.status();
  placed.url = *std::move(url);
  placed.own_origin = placed.url.Origin() == base_.Origin();
  if (placed.own_origin) {
    if (absl::Status status = add(facts_.target->headers); !status.ok()) return status;
  }
  if (absl::Status status = add(headers); !status.ok()) return status;
  placed.headers.push_back({"User-Agent", "wsfleet"});
  if (!trace_id_.empty()) {
    placed.headers.push_back({"traceparent", fmt::format("00-{}-{}-01", trace_id_, RandomHex(8))});
  }
  return placed;
}

absl::StatusOr<Session::Placed> Session::Prepare(const ConnectionSpec& spec) {
  auto addressed = Address(spec.url, spec.headers);
  if (!addressed.ok()) return addressed.status();
  Placed placed = *std::move(addressed);
  for (const auto& [name, text] : spec.query) {
    auto value = ExpandText(text, scope_);
    if (!value.ok()) return value.status();
    AddQuery(placed.url, name, *value);
  }
  for (const Template& text : spec.subprotocols) {
    auto value = ExpandText(text, scope_);
    if (!value.ok()) return value.status();
    placed.subprotocols.push_back(*value);
  }
  if (absl::Status status = Place(spec.auth, placed); !status.ok()) return status;
  std::vector<HeaderField> fields = placed.headers;
  for (const std::string& name : placed.subprotocols) fields.push_back({"Sec-WebSocket-Protocol", name});
  if (absl::Status status = CheckFields(fields); !status.ok()) return status;
  auto tls = PrepareTls(spec.tls, placed.own_origin);
  if (!tls.ok()) return tls.status();
  placed.tls = *std::move(tls);
  return placed;
}

boost::asio::awaitable<Session::Result> Session::Do(const ConnectStep& step) {
  auto prepared = Prepare(step.connection);
  if (!prepared.ok()) co_return ConfigFailure(prepared.status());
  Placed placed = *std::move(prepared);
  const SteadyTime began = SteadyNow();
  const SteadyTime until = std::min(deadline_, began + step.within.value_or(facts_.planned->suite->defaults.within));
  DialOptions options;
  options.url = placed.url;
  options.tls = placed.tls;
  options.caps = facts_.planned->suite->defaults.phases;
  options.deadline = until;
  if (connection_) AddProof(connection_->facts(), false);
  connection_ = std::make_shared<Connection>(executor_);
  inbox_ = std::make_unique<Inbox>(facts_.planned->suite->defaults.inbox);
  frames_ = messages_in_ = 0;
  pongs_.clear();
  close_asked_ = false;
  std::shared_ptr<Connection> connection = connection_;
  connection->OnControl([this](Incoming incoming) { Receive(std::move(incoming)); });
  Record(false, "http", fmt::format("GET {} (upgrade)", redactor_.Apply(placed.url.target)));
  HttpAnswer answer;
  answer.failure = co_await connection->Dial(std::move(options));
  if (answer.failure.ok())
    answer = co_await connection->Upgrade(std::move(placed.headers), std::move(placed.subprotocols));
  if (answer.head) Record(true, "http", fmt::format("{} {}", answer.head->status, answer.head->reason));
  if (answer.failure.ok()) BeginReading();
  if (!step.refused.empty()) {
    Result failure = co_await JudgeRefusal(step, std::move(answer), until);
    connection->Drop();
    co_return failure;
  }
  co_return JudgeConnect(step, answer, SteadyNow() - began);
}

Session::Result Session::JudgeConnect(const ConnectStep& step, const HttpAnswer& answer, absl::Duration elapsed) {
  if (!answer.failure.ok()) return FromWire(answer.failure, &answer);
  if (step.expect) {
    ++outcome_.assertions;
    HttpExpect tests;
    tests.headers = step.expect->headers;
    if (step.expect->subprotocol) tests.headers.emplace_back("sec-websocket-protocol", *step.expect->subprotocol);
    if (Result failure = JudgeTests(tests, answer, Phase::kUpgrade)) return failure;
  }
  if (step.max_time && elapsed > *step.max_time) {
    return MakeFailure(
        Phase::kUpgrade, FailureClass::kLatency,
        fmt::format("connecting took {}, expected at most {}", FormatElapsed(elapsed), DurationText(*step.max_time)));
  }
  return std::nullopt;
}

boost::asio::awaitable<Session::Result> Session::JudgeRefusal(const ConnectStep& step, HttpAnswer answer,
                                                              SteadyTime until) {
  ++outcome_.assertions;
  WireFailure seen = answer.failure;
  std::optional<ConnectionEnd> end;
  if (seen.ok()) {
    while (AsksForClose(step.refused) && !inbox_->end() && messages_in_ == 0 && SteadyNow() < until && !cancelled_) {
      co_await WaitUntil(until);
    }
    end = inbox_->end();
    if (end && messages_in_ == 0) {
      seen = {Phase::kOpen, IsAuthCode(end->code) ? FailureClass::kAuth : FailureClass::kClose,
              fmt::format("the connection was closed with {} {}", end->code, end->reason)};
    }
  }
  for (const Refusal& refusal : step.refused) {
    if (seen.ok()) break;
    if (refusal.failure_class && *refusal.failure_class != seen.failure_class) continue;
    if (AsksForAnswer(refusal.answer)) {
      if (!answer.head || answer.head->status == 101 || JudgeTests(refusal.answer, answer, Phase::kUpgrade)) continue;
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
  Failure failure = FromWire(seen, &answer);
  failure.message = fmt::format("refused in another way than expected: {}", seen.message);
  if (end) {
    failure.evidence.close_code = end->code;
    failure.evidence.close_reason = end->reason;
  }
  co_return failure;
}

void Session::BeginReading() {
  ++readers_;
  boost::asio::co_spawn(executor_, ReadFrames(connection_), boost::asio::detached);
}

}  // namespace wsfleet::engine
