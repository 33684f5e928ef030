// The engine as the client under test of a WebSocket conformance server: it asks how many cases there are, echoes what
// each of them sends, and has the report written. The paths are those that the common fuzzing servers serve:
// /getCaseCount, /runCase?case=N&agent=A, /updateReports?agent=A.
//
//   wsfleet-conformance-client ws://127.0.0.1:9001 [AGENT]

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "agent/engine/steady_clock.h"
#include "agent/engine/transport.h"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/io_context.hpp"
#include "core/base/url.h"
#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

namespace asio = boost::asio;

constexpr absl::Duration kConnectLimit = absl::Seconds(10);
constexpr std::size_t kMaxMessage = 64 << 20;

// Null, and a line on stderr, if it is no WebSocket.
asio::awaitable<std::shared_ptr<Connection>> Open(asio::any_io_executor executor, std::string url, bool compress) {
  auto connection = std::make_shared<Connection>(executor);
  DialOptions options;
  options.url = ParseUrl(url).value();
  options.deadline = SteadyNow() + kConnectLimit;
  WireFailure failure = co_await connection->Dial(std::move(options));
  if (failure.ok()) {
    UpgradeRequest upgrade;
    upgrade.max_message = kMaxMessage;
    if (compress) {
      upgrade.deflate.emplace();
      upgrade.deflate->client_max_window_bits = 15;
    }
    const HttpAnswer answer = co_await connection->Upgrade(std::move(upgrade));
    failure = answer.failure;
  }
  if (failure.ok()) co_return connection;
  fmt::print(stderr, "{}: {}\n", url, failure.message);
  co_return nullptr;
}

asio::awaitable<void> Echo(asio::any_io_executor executor, std::string url) {
  std::shared_ptr<Connection> connection = co_await Open(executor, std::move(url), true);
  while (connection) {
    Incoming incoming = co_await connection->Read();
    if (incoming.kind != Incoming::Kind::kMessage) break;
    OutgoingMessage message;
    message.binary = incoming.binary;
    message.payload = std::move(incoming.payload);
    if (!co_await connection->Write(std::move(message))) break;
  }
  if (connection) connection->Drop();
}

asio::awaitable<void> RunAll(asio::any_io_executor executor, std::string server, std::string agent, int& exit_code) {
  std::shared_ptr<Connection> connection = co_await Open(executor, server + "/getCaseCount", false);
  if (!connection) co_return;
  const Incoming count = co_await connection->Read();
  connection->Drop();
  const int cases = std::atoi(count.payload.c_str());
  for (int number = 1; number <= cases; ++number) {
    co_await Echo(executor, fmt::format("{}/runCase?case={}&agent={}", server, number, agent));
  }
  connection = co_await Open(executor, fmt::format("{}/updateReports?agent={}", server, agent), false);
  if (!connection || cases == 0) co_return;
  co_await connection->Read();
  connection->Drop();
  exit_code = 0;
}

}  // namespace
}  // namespace wsfleet::engine

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3 || !wsfleet::ParseUrl(argv[1]).ok()) {
    fmt::print(stderr, "usage: wsfleet-conformance-client ws://HOST:PORT [AGENT]\n");
    return 2;
  }
  int exit_code = 1;
  boost::asio::io_context context(1);
  boost::asio::co_spawn(
      context, wsfleet::engine::RunAll(context.get_executor(), argv[1], argc == 3 ? argv[2] : "wsfleet", exit_code),
      boost::asio::detached);
  context.run();
  return exit_code;
}
