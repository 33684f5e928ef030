#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "boost/asio/awaitable.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "tests/targets/hostile/bytes.h"
#include "tests/targets/hostile/script.h"

namespace wsfleet::hostile {

// Our end of one connection. Belongs to one coroutine on the server's thread.
class Peer {
 public:
  explicit Peer(boost::asio::ip::tcp::socket socket);

  // False: the client did not agree, or has gone.
  boost::asio::awaitable<bool> Handshake(std::shared_ptr<boost::asio::ssl::context> context);
  // False: the client has gone.
  boost::asio::awaitable<bool> ReadRequest();
  // The path of the request that was read.
  std::string path() const { return PathOfRequest(head_); }
  // To the end of the script, or until the client goes. `script` must outlive it.
  boost::asio::awaitable<void> Run(const Script& script);

 private:
  // Of these, false: the connection is over.
  boost::asio::awaitable<bool> Do(const Act& act);
  boost::asio::awaitable<bool> ReadMore();
  boost::asio::awaitable<std::optional<ClientFrame>> ReadClientFrame();
  boost::asio::awaitable<bool> Write(std::string bytes);
  boost::asio::awaitable<bool> Flood(std::string bytes);
  boost::asio::awaitable<bool> DripEach(const Act& act);
  boost::asio::awaitable<void> Serve();
  boost::asio::awaitable<void> Finish();
  boost::asio::awaitable<void> WaitUntilGone();
  boost::asio::awaitable<void> Wait(std::chrono::milliseconds pause);
  void Reset();
  std::size_t NumberOfPath() const;

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  std::string head_;
  std::string buffered_;  // read and not used yet
};

}  // namespace wsfleet::hostile
