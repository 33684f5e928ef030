#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/engine/dialer.h"
#include "agent/engine/http_head.h"
#include "boost/asio/any_io_executor.hpp"
#include "boost/asio/awaitable.hpp"
#include "core/match/selector.h"
#include "core/session/held_bytes.h"

// The wire: everything that instantiates Boost.Beast lies behind this header, in transport.cc. All of it runs on the
// thread of the executor that it is given.
namespace wsfleet::engine {

struct HttpMessage {
  std::string method = "GET";
  std::vector<HeaderField> headers;
  std::string body;
};

struct HttpAnswer {
  WireFailure failure;
  std::optional<SteadyTime> written;   // when the request was; nothing: not a byte of it
  std::uint64_t request_bytes = 0;     // that were written, body included, TLS taken off
  std::uint64_t answer_bytes = 0;      // that came of it, interim answers included; of a 101 its head
  std::optional<HttpHead> head;        // also of an answer that was cut short
  std::string body;                    // at most kMaxBody
  WireFailure body_problem;            // of a refused upgrade: why `body` is only the beginning of it
  std::optional<DeflateSpec> deflate;  // of an upgrade: what was agreed; nothing: frames are not compressed
};

struct UpgradeRequest {
  std::vector<HeaderField> headers;
  std::vector<std::string> subprotocols;
  std::optional<DeflateSpec> deflate;  // offered
  std::size_t max_message = 4 << 20;   // bytes of a message that is taken, decompressed
  HeldBytes* held = nullptr;           // of all connections; outlives this one
};

struct OutgoingMessage {
  bool binary = false;
  std::string payload;
  std::uint32_t fragments = 1;  // frames that it is sent in, of about the same size
};

// What the reading end reports: a whole message, a control frame, or the end.
struct Incoming {
  enum class Kind { kMessage, kPing, kPong, kClosed, kProtocolError, kTooLarge, kUnsupported, kNoRoom };
  Kind kind = Kind::kClosed;
  bool binary = false;
  std::string payload;              // kMessage, kPing, kPong; the reason of kClosed; what is wrong of the others
  std::uint16_t close_code = 1006;  // kClosed
};

class Connection {
 public:
  static constexpr std::size_t kMaxHead = 64 * 1024;
  static constexpr std::size_t kMaxBody = 1 << 20;

  explicit Connection(boost::asio::any_io_executor executor);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Resolves, connects, and makes TLS where the URL asks for it.
  boost::asio::awaitable<WireFailure> Dial(DialOptions options);
  // One HTTP exchange on a dialled connection.
  boost::asio::awaitable<HttpAnswer> Exchange(HttpMessage message);
  // The upgrade; on success the connection is a WebSocket. `head` of the answer is set whenever one was complete.
  boost::asio::awaitable<HttpAnswer> Upgrade(UpgradeRequest upgrade);

  // Called for each ping and pong while a read is under way; set before Upgrade.
  void OnControl(std::function<void(Incoming)> handler);

  // A message or the end; one at a time, by one reader. After kClosed and those
  // behind it nothing follows.
  // Pings are answered by it.
  boost::asio::awaitable<Incoming> Read();
  // Returns once that reader has been given everything that has arrived by now, or a little more if a peer sends
  // without a pause. Waits for nothing that has not arrived.
  boost::asio::awaitable<void> ReadArrived();
  // One at a time. False: the connection is gone.
  boost::asio::awaitable<bool> Write(OutgoingMessage message);
  // At most 125 bytes.
  boost::asio::awaitable<bool> Ping(std::string payload);
  boost::asio::awaitable<bool> Pong(std::string payload);
  // Sends the close frame; its answer comes through Read().
  boost::asio::awaitable<bool> Close(std::uint16_t code, std::string reason);
  // From the 101 to our close or the end. Write, Ping and Close do nothing at any other time.
  bool is_open() const;
  // The target's close frame has come; the end that Read() reports may be a moment behind it.
  bool peer_closed() const;
  // Cuts TCP at once; whatever waits ends.
  void Drop();

  const WireFacts& facts() const;

 private:
  class Socket;
  std::unique_ptr<Socket> socket_;
};

}  // namespace wsfleet::engine
