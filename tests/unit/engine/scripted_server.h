#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"

namespace wsfleet::testing {

// A peer that speaks whatever a test tells it to, byte for byte; blocking.
class ScriptedPeer {
 public:
  // `closing`: held while a socket is closed.
  ScriptedPeer(boost::asio::ip::tcp::socket& socket, std::mutex& closing) : socket_(socket), closing_(closing) {}

  // Up to and with the empty line; empty if the peer has gone.
  std::string ReadHead();
  // So many bytes; empty if the peer has gone.
  std::string Read(std::size_t bytes);
  // Reads a request and answers it as RFC 6455 says; returns its head.
  std::string AcceptUpgrade(std::string_view extra_headers = "");
  // False if the peer has gone.
  bool Send(std::string_view bytes);
  // A frame of a server: not masked. `first`: FIN, RSV and opcode, such as 0x81.
  bool SendFrame(std::uint8_t first, std::string_view payload);

  struct Frame {
    std::uint8_t first = 0;
    std::string payload;  // unmasked
  };
  // Opcode 0 and no FIN if the peer has gone.
  Frame ReadFrame();
  // Reads until the peer closes, and answers its close frame, or has gone.
  void Drain();

  // Ends the connection on the spot, by RST.
  void Reset();

  boost::asio::ip::tcp::socket& socket() { return socket_; }

 private:
  bool ReadExactly(std::size_t bytes, std::string& out);

  boost::asio::ip::tcp::socket& socket_;
  std::mutex& closing_;
  std::string buffered_;
};

// Serves each connection on a thread of its own. At the end of its life it cuts every connection and joins.
class ScriptedServer {
 public:
  using Script = std::function<void(ScriptedPeer&)>;
  explicit ScriptedServer(Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }

 private:
  void Accept();

  Script script_;
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::list<boost::asio::ip::tcp::socket> sockets_;
  std::list<std::thread> threads_;
  std::thread acceptor_thread_;
};

// The key of an upgrade; empty if it has none.
std::string KeyOf(std::string_view head);

// The value of Sec-WebSocket-Accept for a request's key (RFC 6455, 4.2.2).
std::string AcceptValue(std::string_view key);

}  // namespace wsfleet::testing
