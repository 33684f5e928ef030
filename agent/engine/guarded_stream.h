#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "agent/engine/dialer.h"
#include "agent/engine/steady_clock.h"
#include "boost/asio/bind_executor.hpp"
#include "boost/asio/error.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/beast/core/role.hpp"

namespace wsfleet::engine {

// The guard layer between the socket, or TLS on it, and Beast: counts bytes, stamps the first one, keeps the raw head
// of the answer (Beast's own parser loses a refused handshake's status when its body is cut short), and cuts a peer off
// that sends more than the cap. One type for plain and TLS, so that Beast is instantiated once.
class GuardedStream {
 public:
  using executor_type = boost::asio::any_io_executor;
  using Tls = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;
  static constexpr std::size_t kMaxRecorded = 72 * 1024;  // a head of 64 KiB, and 8 KiB of body

  explicit GuardedStream(executor_type executor) : socket_(executor) {}

  executor_type get_executor() { return socket_.get_executor(); }
  boost::asio::ip::tcp::socket& socket() { return socket_; }
  Tls& tls() { return *tls_; }

  // SNI, host name verification (RFC 6125), ALPN http/1.1. Empty, or what is wrong with the settings.
  std::string PrepareTls(const std::string& server_name, const TlsOptions& options);

  void CloseSocket() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  // Of what the peer says, TLS taken off.
  void Cap(std::uint64_t bytes) { cap_ = bytes == 0 ? 0 : bytes_in_ + bytes; }
  void StopRecording() { recording_ = false; }
  // What was received so far is not the target's.
  void ForgetRecord() {
    received_.clear();
    first_byte_.reset();
  }

  const std::string& received() const { return received_; }
  std::optional<SteadyTime> first_byte() const { return first_byte_; }
  // On the socket: of TLS its records, not what they hold.
  std::uint64_t bytes_in() const;
  std::uint64_t bytes_out() const;

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, Buffers into) {
          auto executor = boost::asio::get_associated_executor(handler, get_executor());
          auto counted = boost::asio::bind_executor(
              executor,
              [this, into, handler = std::move(handler)](boost::system::error_code error, std::size_t bytes) mutable {
                OnReceived(into, bytes, error);
                std::move(handler)(error, bytes);
              });
          if (tls_) {
            tls_->async_read_some(into, std::move(counted));
          } else {
            socket_.async_read_some(into, std::move(counted));
          }
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
  template <typename Buffers>
  void OnReceived(const Buffers& buffers, std::size_t bytes, boost::system::error_code& error) {
    if (bytes > 0 && !first_byte_) first_byte_ = SteadyNow();
    bytes_in_ += bytes;
    if (recording_ && received_.size() < kMaxRecorded) {
      std::size_t left = std::min(bytes, kMaxRecorded - received_.size());
      for (auto it = boost::asio::buffer_sequence_begin(buffers);
           left > 0 && it != boost::asio::buffer_sequence_end(buffers); ++it) {
        const boost::asio::const_buffer part(*it);
        const std::size_t taken = std::min(left, part.size());
        received_.append(static_cast<const char*>(part.data()), taken);
        left -= taken;
      }
    }
    if (cap_ != 0 && bytes_in_ > cap_ && !error) error = boost::asio::error::message_size;
  }

  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::context> context_;
  std::optional<Tls> tls_;
  std::string received_;
  bool recording_ = true;
  std::optional<SteadyTime> first_byte_;
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;  // as the reader above sees them
  std::uint64_t before_tls_in_ = 0, before_tls_out_ = 0;
  std::uint64_t cap_ = 0;
};

// Found by Beast when it closes the lowest layer.
inline void beast_close_socket(GuardedStream& stream) { stream.CloseSocket(); }
// Beast closes with these: TCP is cut, without a TLS shutdown to wait for.
inline void teardown(boost::beast::role_type, GuardedStream& stream, boost::system::error_code& error) {
  stream.CloseSocket();
  error = {};
}
template <typename Handler>
void async_teardown(boost::beast::role_type, GuardedStream& stream, Handler&& handler) {
  stream.CloseSocket();
  auto executor = boost::asio::get_associated_executor(handler, stream.get_executor());
  boost::asio::post(executor, [handler = std::forward<Handler>(handler)]() mutable {
    std::move(handler)(boost::system::error_code());
  });
}

}  // namespace wsfleet::engine
