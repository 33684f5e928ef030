#include "tests/targets/hostile/server.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "boost/asio/as_tuple.hpp"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "fmt/format.h"
#include "tests/targets/hostile/certificates.h"
#include "tests/targets/hostile/peer.h"

namespace wsfleet::hostile {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr int kBacklog = 4096;

tcp::endpoint Loopback(std::uint16_t port) { return {asio::ip::make_address("127.0.0.1"), port}; }

std::string Url(bool wss, std::uint16_t port) { return fmt::format("{}://127.0.0.1:{}", wss ? "wss" : "ws", port); }

// By the path of a request: null for what nobody does.
const Script* ScriptFor(const std::string& path) {
  if (path == "/healthy") return &HealthyScript();
  constexpr std::string_view kPrefix = "/fault/";
  if (!path.starts_with(kPrefix)) return nullptr;
  const std::string_view rest = std::string_view(path).substr(kPrefix.size());
  const Fault* fault = FindFault(rest.substr(0, rest.find('/')));
  return fault != nullptr && fault->door == Door::kPath ? &fault->script : nullptr;
}

const Script& NotFound() {
  static const Script kScript{Send(Answer("404 Not Found", "no such fault"))};
  return kScript;
}

}  // namespace

class Server::Ports {
 public:
  explicit Ports(std::uint16_t port)
      : plain_(Open(port)), secured_(Open(port == 0 ? 0 : static_cast<std::uint16_t>(port + 1))) {
    Accept(plain_, Tls::kNone, nullptr);
    Accept(secured_, Tls::kGood, nullptr);
    thread_ = std::thread([this] { context_.run(); });
  }

  ~Ports() {
    context_.stop();
    thread_.join();
  }

  std::string Start(const Fault& fault) {
    const std::lock_guard lock(mutex_);
    switch (fault.door) {
      case Door::kNoName:
        return "ws://nx.invalid:80";
      case Door::kPath:
        return fault.wss ? tls_url() : url();
      case Door::kRefused: {
        // Bound, so that nobody else takes it; whoever connects gets RST.
        tcp::acceptor& bound = others_.emplace_back(context_, tcp::v4());
        bound.bind(Loopback(0));
        return Url(fault.wss, bound.local_endpoint().port());
      }
      case Door::kFull:
        return Url(fault.wss, Fill());
      case Door::kPort:
        break;
    }
    tcp::acceptor& acceptor = others_.emplace_back(Open(0));
    // An RST or FIN of ours must not overtake the client's connect(): accept once the client has written.
    const int seconds = 60;
    ::setsockopt(acceptor.native_handle(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
    Accept(acceptor, fault.tls, &fault.script);
    return Url(fault.wss, acceptor.local_endpoint().port());
  }

  std::string url() const { return Url(false, plain_.local_endpoint().port()); }
  std::string tls_url() const { return Url(true, secured_.local_endpoint().port()); }
  std::string authority_pem() const { return certificates_.authority_pem(); }
  std::uint64_t connections() const { return connections_; }

 private:
  tcp::acceptor Open(std::uint16_t port) {
    tcp::acceptor acceptor(context_, tcp::v4());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(Loopback(port));
    acceptor.listen(kBacklog);
    return acceptor;
  }

  // A port with a queue of one connection, which is ours.
  std::uint16_t Fill() {
    tcp::acceptor& acceptor = others_.emplace_back(context_, tcp::v4());
    acceptor.bind(Loopback(0));
    acceptor.listen(0);
    tcp::socket& ours = fillers_.emplace_back(context_);
    ours.connect(acceptor.local_endpoint());
    return acceptor.local_endpoint().port();
  }

  // `script` is null where the path names it.
  void Accept(tcp::acceptor& acceptor, Tls tls, const Script* script) {
    auto settings = tls == Tls::kNone ? nullptr : certificates_.ContextFor(tls);
    asio::co_spawn(context_, AcceptAll(acceptor, std::move(settings), script), asio::detached);
  }

  asio::awaitable<void> AcceptAll(tcp::acceptor& acceptor, std::shared_ptr<asio::ssl::context> settings,
                                  const Script* script) {
    while (true) {
      auto [error, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
      if (error) co_return;
      ++connections_;
      asio::co_spawn(context_, Connection(std::move(socket), settings, script), asio::detached);
    }
  }

  asio::awaitable<void> Connection(tcp::socket socket, std::shared_ptr<asio::ssl::context> settings,
                                   const Script* script) {
    Peer peer(std::move(socket));
    if (settings) {
      const bool agreed = co_await peer.Handshake(std::move(settings));
      if (!agreed) co_return;
    }
    if (script == nullptr) {
      const bool asked = co_await peer.ReadRequest();
      if (!asked) co_return;
      script = ScriptFor(peer.path());
      if (script == nullptr) script = &NotFound();
    }
    co_await peer.Run(*script);
  }

  asio::io_context context_{1};
  std::atomic<std::uint64_t> connections_ = 0;
  Certificates certificates_;
  tcp::acceptor plain_, secured_;
  std::mutex mutex_;  // of what Start() adds
  std::list<tcp::acceptor> others_;
  std::list<tcp::socket> fillers_;
  std::thread thread_;
};

Server::Server(std::uint16_t port) : ports_(std::make_unique<Ports>(port)) {}
Server::~Server() = default;

std::string Server::Start(const Fault& fault) { return ports_->Start(fault); }
std::string Server::url() const { return ports_->url(); }
std::string Server::tls_url() const { return ports_->tls_url(); }
std::string Server::authority_pem() const { return ports_->authority_pem(); }
std::uint64_t Server::connections() const { return ports_->connections(); }

}  // namespace wsfleet::hostile
