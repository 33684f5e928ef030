#include "agent/engine/dialer.h"

#include <algorithm>
#include <utility>

#include "agent/engine/certificate.h"
#include "agent/engine/guarded_stream.h"
#include "agent/engine/name_resolver.h"
#include "agent/engine/phase_timer.h"
#include "agent/engine/proxy.h"
#include "agent/engine/run_share.h"
#include "agent/engine/steady_clock.h"
#include "agent/engine/target_guard.h"
#include "boost/asio/as_tuple.hpp"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/ssl/error.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr absl::Duration kNextAttempt = absl::Milliseconds(250);  // RFC 8305, 8
constexpr int kMaxCertificates = 8;

std::string AddressText(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

// Before an address, or a name: whose it is. Behind a proxy no address is the target's.
std::string_view Whose(const DialOptions& options) { return options.proxy.empty() ? "" : "proxy "; }

const TargetGuard& GuardOf(const DialOptions& options) {
  static const TargetGuard kWithoutRules;
  return options.guard == nullptr ? kWithoutRules : *options.guard;
}

WireFailure FromGuard(Phase phase, const absl::Status& status) {
  if (status.ok()) return {};
  return {phase, FailureClass::kGuard, std::string(ToStd(status.message()))};
}

// The budgets that a connection is counted in: of its target, and of the proxy at this place, which may be the target.
std::vector<BudgetName> BudgetsOf(const DialOptions& options, const std::string& host, std::uint16_t port) {
  std::vector<BudgetName> budgets = GuardOf(options).BudgetsAt(options.url.host, options.url.port);
  for (BudgetName& name : GuardOf(options).BudgetsAt(host, port)) {
    if (std::ranges::find(budgets, name) == budgets.end()) budgets.push_back(std::move(name));
  }
  return budgets;
}

// Whether what came begins with no TLS record: OpenSSL looks for a version in it.
bool IsNoTls(const boost::system::error_code& error) {
  return error.category() == asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_WRONG_VERSION_NUMBER;
}

}  // namespace

bool IsEndOfStream(const boost::system::error_code& error) {
  return error == asio::error::connection_reset || error == asio::error::eof || error == asio::error::broken_pipe ||
         error == asio::ssl::error::stream_truncated;
}

WireFailure RanOut(Phase phase, absl::Duration after) {
  return {phase, FailureClass::kDeadline,
          fmt::format("{} took longer than {}", PhaseName(phase), FormatElapsed(after))};
}

// Attempts at the addresses of one name (RFC 8305, 5): the next one begins when one has failed, or after a while; the
// first that succeeds wins. Its coroutines keep it alive.
struct Dialer::Race : std::enable_shared_from_this<Dialer::Race> {
  explicit Race(const asio::any_io_executor& on) : executor(on), wake(on) {}

  struct Attempt {
    explicit Attempt(const asio::any_io_executor& on) : socket(on) {}
    tcp::endpoint endpoint;
    tcp::socket socket;
    SteadyTime began, ended;
    bool over = false;
    boost::system::error_code error;
  };

  void Begin(const tcp::endpoint& endpoint) {
    auto attempt = std::make_shared<Attempt>(executor);
    attempt->endpoint = endpoint;
    attempt->began = SteadyNow();
    attempts.push_back(attempt);
    ++running;
    asio::co_spawn(executor, Run(shared_from_this(), attempt), asio::detached);
  }

  static asio::awaitable<void> Run(std::shared_ptr<Race> race, std::shared_ptr<Attempt> attempt) {
    auto [error] = co_await attempt->socket.async_connect(attempt->endpoint, kTuple);
    attempt->ended = SteadyNow();
    attempt->over = true;
    attempt->error = error;
    --race->running;
    if (!error && !race->winner) race->winner = attempt;
    race->wake.cancel();
  }

  void Stop() {
    stopped = true;
    for (const auto& attempt : attempts) {
      boost::system::error_code ignored;
      if (attempt != winner) attempt->socket.close(ignored);
    }
    wake.cancel();
  }

  const asio::any_io_executor executor;
  asio::steady_timer wake;
  std::vector<tcp::endpoint> endpoints;
  std::vector<std::shared_ptr<Attempt>> attempts;
  std::shared_ptr<Attempt> winner;
  int running = 0;
  bool stopped = false;
};

Dialer::Dialer(asio::any_io_executor executor, GuardedStream& stream)
    : executor_(std::move(executor)), stream_(stream) {}

void Dialer::Cancel() {
  cancelled_ = true;
  if (query_) query_->Cancel();
  if (race_) race_->Stop();
  stream_.CloseSocket();
}

asio::awaitable<WireFailure> Dialer::Dial(const DialOptions& options, WireFacts& facts) {
  options_ = &options;
  facts_ = &facts;
  const SteadyTime began = SteadyNow();
  host_ = options.url.host;
  port_ = options.url.port;
  // Behind a proxy, which resolves it, nothing more is known of the target than this.
  WireFailure failure = FromGuard(Phase::kResolve, GuardOf(options).CheckTarget(host_, port_));
  if (!failure.ok()) co_return failure;
  if (!options.proxy.empty()) {
    const auto proxy = ParseProxyUrl(options.proxy);
    if (!proxy.ok()) {
      co_return WireFailure{Phase::kConnect, FailureClass::kConfig, std::string(ToStd(proxy.status().message()))};
    }
    host_ = proxy->host;
    port_ = proxy->port;
    failure = FromGuard(Phase::kResolve, GuardOf(options).CheckTarget(host_, port_));
    if (!failure.ok()) co_return failure;
  }
  if (options.share != nullptr) {
    auto connection = options.share->TakeConnection(BudgetsOf(options, host_, port_));
    if (!connection.ok()) co_return FromGuard(Phase::kConnect, connection.status());
    stream_.HoldUntilClosed(*std::move(connection));
  }
  failure = co_await Resolve();
  if (failure.ok()) failure = co_await Connect();
  if (failure.failure_class == FailureClass::kDeadline && !options.proxy.empty()) {
    failure.message += fmt::format(" (by way of the proxy {}:{})", host_, port_);
  }
  if (failure.ok() && options.url.tls) failure = co_await Handshake();
  if (!failure.ok()) stream_.CloseSocket();
  facts.timings.total = SteadyNow() - began;
  co_return failure;
}

asio::awaitable<WireFailure> Dialer::Resolve() {
  const SteadyTime began = SteadyNow();
  const SteadyTime deadline = std::min(began + options_->caps.resolve, options_->deadline);
  query_ = NameResolver::Of(executor_).Start(executor_, host_);
  const Resolution resolution = co_await query_->Wait(deadline);
  facts_->timings.resolve = SteadyNow() - began;
  switch (resolution.outcome) {
    case Resolution::Outcome::kTimedOut:
      co_return RanOut(Phase::kResolve, SteadyNow() - began);
    case Resolution::Outcome::kCancelled:
      co_return WireFailure{Phase::kResolve, FailureClass::kDns, "resolving was cancelled"};
    case Resolution::Outcome::kNotFound:
      co_return WireFailure{Phase::kResolve, FailureClass::kDns,
                            fmt::format("{}{} does not resolve: {}", Whose(*options_), host_, resolution.reason)};
    case Resolution::Outcome::kFound:
      break;
  }
  race_ = std::make_shared<Race>(executor_);
  for (const asio::ip::address& address : resolution.addresses) {
    WireFailure refused = FromGuard(Phase::kConnect, GuardOf(*options_).CheckAddress(host_, port_, address));
    if (!refused.ok()) co_return refused;
    race_->endpoints.emplace_back(address, port_);
  }
  co_return WireFailure{};
}

asio::awaitable<WireFailure> Dialer::Connect() {
  const SteadyTime began = SteadyNow();
  const SteadyTime deadline = std::min(began + options_->caps.connect, options_->deadline);
  const std::shared_ptr<Race> race = race_;
  SteadyTime next = began;
  while (!race->winner && !race->stopped && SteadyNow() < deadline) {
    const bool more = race->attempts.size() < race->endpoints.size();
    if (more && (race->running == 0 || SteadyNow() >= next)) {
      race->Begin(race->endpoints[race->attempts.size()]);
      next = SteadyNow() + kNextAttempt;
      continue;
    }
    if (!more && race->running == 0) break;
    race->wake.expires_at(ToChrono(more ? std::min(next, deadline) : deadline));
    co_await race->wake.async_wait(kTuple);
  }
  race->Stop();
  facts_->timings.connect = SteadyNow() - began;
  std::string last = "no address";
  for (const auto& attempt : race->attempts) {
    const std::string address = fmt::format("{}{}", Whose(*options_), AddressText(attempt->endpoint));
    const std::string what = attempt == race->winner ? std::string()
                             : attempt->over         ? attempt->error.message()
                             : race->winner          ? "another address was faster"
                                                     : "no answer";
    facts_->attempts.push_back({address, (attempt->over ? attempt->ended : SteadyNow()) - attempt->began, what});
    if (attempt->over && attempt->error) last = fmt::format("{}: {}", address, what);
  }
  if (!race->winner) {
    if (cancelled_) co_return WireFailure{Phase::kConnect, FailureClass::kTcp, "connecting was cancelled"};
    if (SteadyNow() >= deadline) co_return RanOut(Phase::kConnect, SteadyNow() - began);
    const FailureClass not_there = options_->proxy.empty() ? FailureClass::kTcp : FailureClass::kProxy;
    co_return WireFailure{Phase::kConnect, not_there, last};
  }
  boost::system::error_code ignored;
  WireFailure failure = CheckPeer(race->winner->socket);
  if (!failure.ok()) {
    race->winner->socket.close(ignored);
    co_return failure;
  }
  facts_->peer_address = fmt::format("{}{}", Whose(*options_), AddressText(race->winner->endpoint));
  facts_->connected = true;
  stream_.socket() = std::move(race->winner->socket);
  stream_.socket().set_option(tcp::no_delay(true), ignored);
  if (options_->proxy.empty()) co_return WireFailure{};
  failure = co_await OpenTunnel(deadline);
  facts_->timings.connect = SteadyNow() - began;
  co_return failure;
}

// A socket says itself whom it is connected to.
WireFailure Dialer::CheckPeer(const tcp::socket& socket) const {
  boost::system::error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  // To nobody any more: what comes next says why.
  if (error) return {};
  return FromGuard(Phase::kConnect, GuardOf(*options_).CheckAddress(host_, port_, peer.address()));
}

asio::awaitable<WireFailure> Dialer::OpenTunnel(SteadyTime deadline) {
  const SteadyTime began = SteadyNow();
  PhaseTimer timer(executor_, deadline, [this] { stream_.CloseSocket(); });
  auto proxy = ParseProxyUrl(options_->proxy);
  std::string host = options_->url.host;
  const std::string problem =
      co_await engine::OpenTunnel(stream_, *std::move(proxy), std::move(host), options_->url.port);
  if (timer.expired()) co_return RanOut(Phase::kConnect, SteadyNow() - began);
  stream_.ForgetRecord();
  if (problem.empty()) co_return WireFailure{};
  co_return WireFailure{Phase::kConnect, FailureClass::kProxy, problem};
}

asio::awaitable<WireFailure> Dialer::Handshake() {
  const SteadyTime began = SteadyNow();
  const SteadyTime deadline = std::min(began + options_->caps.tls, options_->deadline);
  PhaseTimer timer(executor_, deadline, [this] { stream_.CloseSocket(); });
  const std::string name = options_->tls.server_name.empty() ? options_->url.host : options_->tls.server_name;
  if (const std::string problem = stream_.PrepareTls(name, options_->tls); !problem.empty()) {
    co_return WireFailure{Phase::kTls, FailureClass::kConfig, problem};
  }
  auto [error] = co_await stream_.tls().async_handshake(asio::ssl::stream_base::client, kTuple);
  facts_->timings.tls = SteadyNow() - began;
  NoteTls();
  if (timer.expired()) co_return RanOut(Phase::kTls, SteadyNow() - began);
  if (!error) co_return WireFailure{};
  if (IsEndOfStream(error)) {
    co_return WireFailure{Phase::kTls, FailureClass::kTcp,
                          fmt::format("the connection ended in the TLS handshake: {}", error.message())};
  }
  co_return HandshakeFailure(name, error);
}

WireFailure Dialer::HandshakeFailure(const std::string& name, const boost::system::error_code& error) {
  SSL* ssl = stream_.tls().native_handle();
  const long verified = SSL_get_verify_result(ssl);
  std::string why = error.message(), hint;
  if (verified != X509_V_OK) {
    why = X509_verify_cert_error_string(verified);
    const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);
    const bool other_name = verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH;
    if (other_name && chain != nullptr && sk_X509_num(chain) > 0) {
      why += ": " + DescribeMismatch(sk_X509_value(chain, 0), name);
    }
  } else if (IsNoTls(error)) {
    why = fmt::format("the answer is not TLS ({})", error.message());
    hint = "the port may speak no TLS; did you mean ws://?";
  }
  return {Phase::kTls, FailureClass::kTls, fmt::format("TLS handshake with {}: {}", name, why), std::move(hint)};
}

void Dialer::NoteTls() {
  SSL* ssl = stream_.tls().native_handle();
  // Before an answer in TLS OpenSSL names what it would speak.
  if (const SSL_CIPHER* agreed = SSL_get_current_cipher(ssl)) {
    facts_->tls_version = SSL_get_version(ssl);
    facts_->tls_cipher = SSL_CIPHER_get_name(agreed);
  }
  STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);
  if (chain == nullptr || sk_X509_num(chain) == 0) return;
  for (int i = 0; i < std::min(sk_X509_num(chain), kMaxCertificates); ++i) {
    facts_->certificates.push_back(DescribeCertificate(sk_X509_value(chain, i)));
  }
  const X509* leaf = sk_X509_value(chain, 0);
  facts_->leaf = {IssuerOf(leaf), EndOf(leaf)};
}

}  // namespace wsfleet::engine
