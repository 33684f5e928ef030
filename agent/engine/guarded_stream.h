#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/engine/buffer_parts.h"
#include "agent/engine/dialer.h"
#include "agent/engine/frame_watch.h"
#include "agent/engine/head_gate.h"
#include "agent/engine/steady_clock.h"
#include "boost/asio/bind_executor.hpp"
#include "boost/asio/error.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/asio/ssl/stream.hpp"

namespace wsfleet::engine {

// The guard layer between the socket, or TLS on it, and Beast: counts bytes, stamps the first one, keeps the raw head
// of the answer (Beast's own parser loses a refused handshake's status when its body is cut short), and cuts a peer off
// that sends more than the cap or frames that FrameWatch stops. One type for plain and TLS, so that Beast is
// instantiated once.
class GuardedStream {
 public:
  using executor_type = boost::asio::any_io_executor;
  using Tls = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

  explicit GuardedStream(executor_type executor) : socket_(executor) {}

  executor_type get_executor() { return socket_.get_executor(); }
  boost::asio::ip::tcp::socket& socket() { return socket_; }
  Tls& tls() { return *tls_; }

  // SNI, host name verification (RFC 6125), ALPN http/1.1. Empty, or what is wrong with the settings.
  std::string PrepareTls(const std::string& server_name, const TlsOptions& options);

  void CloseSocket();
  void HoldUntilClosed(std::shared_ptr<void> held) { held_ = std::move(held); }

  void Cap(std::uint64_t bytes) { cap_ = bytes == 0 ? 0 : bytes_in_ + bytes; }  // TLS taken off
  void BeginFrames() { watch_.emplace(); }                                      // what follows are frames
  void ForgetRecord();  // what was received so far is not the target's

  // At most HeadGate::kMaxRecorded, and no frames.
  const std::string& received() const { return gate_.record(); }
  std::optional<SteadyTime> first_byte() const { return first_byte_; }
  // On the socket: of TLS its records, not what they hold.
  std::uint64_t bytes_in() const;
  std::uint64_t bytes_out() const;
  // As the reader and the writer above see them: TLS taken off.
  struct Counts {
    std::uint64_t in = 0, out = 0;
  };
  Counts counts() const { return {bytes_in_, bytes_out_}; }
  // Bytes that wait in the socket, and whether the reader above has had all the others and waits for more.
  std::size_t waiting_bytes() const;
  bool reader_waits() const { return reading_; }
  // Null before BeginFrames().
  const FrameWatch* watch() const { return watch_ ? &*watch_ : nullptr; }
  FrameWatch* watch() { return watch_ ? &*watch_ : nullptr; }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, Buffers into) {
          if (gate_.ready().empty() && !cut_) return Read(std::move(into), std::move(handler));
          auto executor = boost::asio::get_associated_executor(handler, get_executor());
          boost::asio::post(executor, [this, into, handler = std::move(handler)]() mutable {
            const std::size_t bytes = PassOn(into);
            std::move(handler)(ErrorOf(bytes), bytes);
          });
        },
        token, buffers);
  }

  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, Buffers from) {
          auto executor = boost::asio::get_associated_executor(handler, get_executor());
          auto counted = boost::asio::bind_executor(
              executor,
              [this, handler = std::move(handler)](boost::system::error_code error, std::size_t bytes) mutable {
                bytes_out_ += bytes;
                std::move(handler)(error, bytes);
              });
          if (tls_) {
            tls_->async_write_some(from, std::move(counted));
          } else {
            socket_.async_write_some(from, std::move(counted));
          }
        },
        token, buffers);
  }

 private:
  template <typename Buffers, typename Handler>
  void Read(Buffers into, Handler handler) {
    reading_ = true;
    auto executor = boost::asio::get_associated_executor(handler, get_executor());
    auto counted = boost::asio::bind_executor(executor, [this, into, handler = std::move(handler)](
                                                            boost::system::error_code error, std::size_t read) mutable {
      reading_ = false;
      std::size_t bytes = SumOverParts(into, read, [this](std::string_view part) { return OnReceived(part); });
      if (!watch_) bytes = PassOn(into);
      if (!error) error = ErrorOf(bytes);
      // Half a head, or an interim answer.
      if (!error && bytes == 0 && read > 0) return Read(std::move(into), std::move(handler));
      std::move(handler)(error, bytes);
    });
    if (tls_) {
      tls_->async_read_some(into, std::move(counted));
    } else {
      socket_.async_read_some(into, std::move(counted));
    }
  }

  // What the gate has ready.
  template <typename Buffers>
  std::size_t PassOn(const Buffers& into) {
    const std::size_t bytes =
        boost::asio::buffer_copy(into, boost::asio::buffer(gate_.ready().data(), gate_.ready().size()));
    gate_.Consume(bytes);
    return SumOverParts(into, bytes, [this](std::string_view part) { return Admit(part); });
  }

  std::size_t OnReceived(std::string_view part);
  std::size_t Admit(std::string_view part);
  boost::system::error_code ErrorOf(std::size_t passed) const;

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<void> held_;  // until the socket is closed
  std::optional<boost::asio::ssl::context> context_;
  std::optional<Tls> tls_;
  HeadGate gate_;
  std::optional<FrameWatch> watch_;
  bool reading_ = false;
  bool cut_ = false;  // by the watch: nothing more is passed on
  std::optional<SteadyTime> first_byte_;
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;  // as the reader above sees them
  std::uint64_t before_tls_in_ = 0, before_tls_out_ = 0;
  std::uint64_t cap_ = 0;
};

}  // namespace wsfleet::engine
