#include "tests/support/latency_proxy.h"

#include <array>
#include <charconv>
#include <chrono>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "boost/asio/as_tuple.hpp"
#include "boost/asio/awaitable.hpp"
#include "boost/asio/buffer.hpp"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "boost/asio/write.hpp"
#include "fmt/format.h"

namespace wsfleet::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

tcp::endpoint ParseEndpoint(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  return {asio::ip::make_address(text.substr(0, colon)), port};
}

// One way of a connection: what was read waits here until it is due.
struct Way {
  explicit Way(asio::io_context& context) : changed(context, SteadyClock::time_point::max()) {}

  struct Chunk {
    SteadyClock::time_point due;
    std::vector<char> bytes;
  };
  std::deque<Chunk> held;
  std::size_t held_bytes = 0;
  bool ended = false;          // nothing more is read
  bool broken = false;         // nothing more can be written
  asio::steady_timer changed;  // cancelled when one of these changes
};

}  // namespace

// Everything but the constructor and the destructor runs on its thread.
class LatencyProxy::Server {
 public:
  Server(const std::string& upstream, absl::Duration each_way)
      : upstream_(ParseEndpoint(upstream)),
        delay_(absl::ToChronoNanoseconds(each_way)),
        acceptor_(context_, {asio::ip::address_v4::loopback(), 0}) {
    asio::co_spawn(context_, Accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Server() {
    context_.stop();
    thread_.join();
    // Whoever is connected learns of it, whatever still holds the sockets.
    for (const std::weak_ptr<tcp::socket>& socket : sockets_) {
      if (const Socket open = socket.lock()) open->close();
    }
  }

  std::string address() const { return fmt::format("127.0.0.1:{}", acceptor_.local_endpoint().port()); }

 private:
  using Socket = std::shared_ptr<tcp::socket>;

  asio::awaitable<void> Accept() {
    while (true) {
      auto [error, socket] = co_await acceptor_.async_accept(kTuple);
      if (!error) asio::co_spawn(context_, PassOn(std::make_shared<tcp::socket>(std::move(socket))), asio::detached);
    }
  }

  asio::awaitable<void> PassOn(Socket client) {
    const Socket server = std::make_shared<tcp::socket>(context_);
    auto [error] = co_await server->async_connect(upstream_, kTuple);
    if (error) co_return;
    Open(client, server);
    Open(server, client);
  }

  void Open(const Socket& from, const Socket& to) {
    from->set_option(tcp::no_delay(true));
    sockets_.push_back(from);
    const auto way = std::make_shared<Way>(context_);
    asio::co_spawn(context_, Read(from, way), asio::detached);
    asio::co_spawn(context_, Write(to, from, way), asio::detached);
  }

  asio::awaitable<void> Read(Socket from, std::shared_ptr<Way> way) {
    std::array<char, 16 * 1024> buffer{};
    while (!way->broken) {
      if (way->held_bytes + buffer.size() > kMaxHeldBytes) {
        co_await way->changed.async_wait(kTuple);
        continue;
      }
      auto [error, bytes] = co_await from->async_read_some(asio::buffer(buffer), kTuple);
      if (error) break;
      way->held.push_back({SteadyClock::now() + delay_, {buffer.data(), buffer.data() + bytes}});
      way->held_bytes += bytes;
      way->changed.cancel();
    }
    way->ended = true;
    way->changed.cancel();
  }

  asio::awaitable<void> Write(Socket to, Socket from, std::shared_ptr<Way> way) {
    asio::steady_timer due(context_);
    while (!way->held.empty() || !way->ended) {
      if (way->held.empty()) {
        co_await way->changed.async_wait(kTuple);
        continue;
      }
      due.expires_at(way->held.front().due);
      co_await due.async_wait(kTuple);
      auto [error, bytes] = co_await asio::async_write(*to, asio::buffer(way->held.front().bytes), kTuple);
      if (error) break;
      way->held_bytes -= way->held.front().bytes.size();
      way->held.pop_front();
      way->changed.cancel();
    }
    way->broken = true;
    way->changed.cancel();
    // A half-closed connection is of no use to those who are tested through this.
    to->close();
    from->close();
  }

  tcp::endpoint upstream_;
  SteadyClock::duration delay_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::vector<std::weak_ptr<tcp::socket>> sockets_;
  std::thread thread_;
};

LatencyProxy::LatencyProxy(const std::string& upstream, absl::Duration each_way)
    : server_(std::make_unique<Server>(upstream, each_way)), address_(server_->address()) {}

LatencyProxy::~LatencyProxy() = default;

}  // namespace wsfleet::testing
