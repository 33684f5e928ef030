#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "agent/engine/steady_clock.h"
#include "agent/engine/transport.h"
#include "boost/asio/as_tuple.hpp"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/read_until.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "boost/asio/write.hpp"

// One whole connection whose peer says what the input is: as the answer to the upgrade, or, behind a good 101, as
// frames. The first byte chooses, and whether frames may be compressed.
namespace {

namespace asio = boost::asio;
using namespace wsfleet;
using namespace wsfleet::engine;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr int kMaxMessages = 10'000;

std::string AcceptOf(const std::string& request) {
  const std::string field = "Sec-WebSocket-Key: ";
  const std::size_t begin = request.find(field) + field.size();
  const std::string key =
      request.substr(begin, request.find('\r', begin) - begin) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
  std::string text(4 * ((digest.size() + 2) / 3) + 1, '\0');
  text.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), digest.data(), static_cast<int>(digest.size()))));
  return text;
}

struct Choice {
  bool upgrade = false, compress = false;
};

asio::awaitable<void> Peer(asio::ip::tcp::acceptor& acceptor, Choice choice, std::string bytes) {
  auto [accept_error, socket] = co_await acceptor.async_accept(kTuple);
  if (accept_error) co_return;
  std::string request;
  auto [read_error, length] =
      co_await asio::async_read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n", kTuple);
  if (read_error) co_return;
  std::string answer;
  if (choice.upgrade) {
    answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
             AcceptOf(request) + (choice.compress ? "\r\nSec-WebSocket-Extensions: permessage-deflate" : "") +
             "\r\n\r\n";
  }
  answer += bytes;
  auto [write_error, written] = co_await asio::async_write(socket, asio::buffer(answer), kTuple);
  boost::system::error_code ignored;
  socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  // Until the client has gone: a reset would take what it has not read yet.
  std::array<char, 4096> rest{};
  boost::system::error_code error = write_error;
  while (!error) {
    auto [end, count] = co_await socket.async_read_some(asio::buffer(rest), kTuple);
    error = end;
  }
}

asio::awaitable<void> Client(std::shared_ptr<Connection> connection, Url url, bool compress) {
  DialOptions options;
  options.url = std::move(url);
  options.deadline = SteadyNow() + absl::Seconds(5);
  const WireFailure dialled = co_await connection->Dial(std::move(options));
  if (!dialled.ok()) co_return;
  UpgradeRequest upgrade;
  if (compress) upgrade.deflate.emplace();
  const HttpAnswer answer = co_await connection->Upgrade(std::move(upgrade));
  // What is no 101 is never a WebSocket.
  if (answer.failure.ok() && (!answer.head || answer.head->status != 101)) std::abort();
  if (!answer.failure.ok() && answer.failure.message.empty()) std::abort();
  for (int messages = 0; answer.failure.ok() && messages < kMaxMessages; ++messages) {
    const Incoming incoming = co_await connection->Read();
    if (incoming.kind != Incoming::Kind::kMessage) break;
    if (incoming.payload.size() > UpgradeRequest().max_message) std::abort();
  }
  connection->Drop();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Choice choice{(data[0] & 1) != 0, (data[0] & 2) != 0};
  asio::io_context context(1);
  asio::ip::tcp::acceptor acceptor(context, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  Url url;
  url.host = "127.0.0.1";
  url.port = acceptor.local_endpoint().port();
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  asio::co_spawn(context, Peer(acceptor, choice, std::move(bytes)), asio::detached);
  auto connection = std::make_shared<Connection>(context.get_executor());
  // Its timers keep the context running: it ends with the coroutine.
  asio::co_spawn(context, Client(std::move(connection), std::move(url), choice.compress), asio::detached);
  context.run();
  return 0;
}
