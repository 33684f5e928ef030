#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/engine/dialer.h"
#include "agent/engine/frame_watch.h"
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
  // Frames follow: the record of the answer ends.
  void BeginFrames() {
    recording_ = false;
    watch_.emplace();
  }
  // What was received so far is not the target's.
  void ForgetRecord() {
    received_.clear();
    head_ended_ = false;
    first_byte_.reset();
  }

  const std::string& received() const { return received_; }
  std::optional<SteadyTime> first_byte() const { return first_byte_; }
  // On the socket: of TLS its records, not what they hold.
  std::uint64_t bytes_in() const;
  std::uint64_t bytes_out() const;
  // Null before BeginFrames().
  const FrameWatch* watch() const { return watch_ ? &*watch_ : nullptr; }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, Buffers into) {
          auto executor = boost::asio::get_associated_executor(handler, get_executor());
          if (!held_.empty() || cut_) {
            boost::asio::post(executor, [this, into, handler = std::move(handler)]() mutable {
              std::size_t bytes = boost::asio::buffer_copy(into, boost::asio::buffer(held_));
              held_.erase(0, bytes);
              bytes = ForEachPart(into, bytes, [this](std::string_view part) { return Admit(part); });
              std::move(handler)(ErrorOf(bytes), bytes);
            });
            return;
          }
          auto counted = boost::asio::bind_executor(
              executor,
              [this, into, handler = std::move(handler)](boost::system::error_code error, std::size_t bytes) mutable {
                bytes = ForEachPart(into, bytes, [this](std::string_view part) { return OnReceived(part); });
                if (!error) error = ErrorOf(bytes);
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
  // Of all parts of what was read: how many of the bytes are passed on.
  template <typename Buffers, typename Each>
  static std::size_t ForEachPart(const Buffers& buffers, std::size_t bytes, Each each) {
    std::size_t passed = 0;
    for (auto it = boost::asio::buffer_sequence_begin(buffers);
         bytes > 0 && it != boost::asio::buffer_sequence_end(buffers); ++it) {
      const boost::asio::const_buffer buffer(*it);
      const std::string_view part(static_cast<const char*>(buffer.data()), std::min(bytes, buffer.size()));
      bytes -= part.size();
      passed += each(part);
    }
    return passed;
  }
  std::size_t OnReceived(std::string_view part);
  std::size_t Admit(std::string_view part);
  boost::system::error_code ErrorOf(std::size_t passed) const;

  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::context> context_;
  std::optional<Tls> tls_;
  std::string received_;
  bool recording_ = true;
  bool head_ended_ = false;
  std::string held_;  // read behind the head, and passed on by the next read
  std::optional<FrameWatch> watch_;
  bool cut_ = false;  // by the watch: nothing more is passed on
  std::optional<SteadyTime> first_byte_;
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;  // as the reader above sees them
  std::uint64_t before_tls_in_ = 0, before_tls_out_ = 0;
  std::uint64_t cap_ = 0;
};

}  // namespace wsfleet::engine
