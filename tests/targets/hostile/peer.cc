#include "tests/targets/hostile/peer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "boost/asio/as_tuple.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "boost/asio/write.hpp"

namespace wsfleet::hostile {
namespace {

namespace asio = boost::asio;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxRead = 1 << 20;  // of a client's head or frame

std::string Filled(const std::string& bytes, const std::string& head) {
  constexpr std::string_view kPlace = "{accept}";
  const std::size_t at = bytes.find(kPlace);
  if (at == std::string::npos) return bytes;
  return bytes.substr(0, at) + AcceptValue(head) + bytes.substr(at + kPlace.size());
}

}  // namespace

Peer::Peer(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {
  boost::system::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

asio::awaitable<bool> Peer::Handshake(std::shared_ptr<asio::ssl::context> context) {
  context_ = std::move(context);
  tls_.emplace(socket_, *context_);
  auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kTuple);
  // What a client gets that is not agreed with is the alert; a close at once would overtake it.
  if (error) co_await Finish();
  co_return !error;
}

asio::awaitable<bool> Peer::ReadRequest() {
  while (true) {
    const std::size_t end = buffered_.find("\r\n\r\n");
    if (end != std::string::npos) {
      head_ = buffered_.substr(0, end + 4);
      buffered_.erase(0, end + 4);
      co_return true;
    }
    const bool more = co_await ReadMore();
    if (!more) co_return false;
  }
}

asio::awaitable<void> Peer::Run(const Script& script) {
  for (const Act& act : script) {
    const bool open = co_await Do(act);
    if (!open) co_return;
  }
  co_await Finish();
}

asio::awaitable<bool> Peer::Do(const Act& act) {
  switch (act.kind) {
    case Act::Kind::kReadByte:
      co_return co_await ReadMore();
    case Act::Kind::kReadHead:
      co_return co_await ReadRequest();
    case Act::Kind::kReadFrame: {
      const auto frame = co_await ReadClientFrame();
      co_return frame.has_value();
    }
    case Act::Kind::kSend:
    case Act::Kind::kSendPart: {
      std::string bytes = Filled(act.bytes, head_);
      if (act.kind == Act::Kind::kSendPart) bytes.resize(std::min(bytes.size(), NumberOfPath()));
      co_return co_await Write(std::move(bytes));
    }
    case Act::Kind::kRepeat:
      co_return co_await Flood(act.bytes);
    case Act::Kind::kDrip:
      co_return co_await DripEach(act);
    case Act::Kind::kPause:
      co_await Wait(act.pause);
      co_return true;
    case Act::Kind::kServe:
      co_await Serve();
      co_return false;
    case Act::Kind::kFinish:
      co_await Finish();
      co_return false;
    case Act::Kind::kReset:
      Reset();
      co_return false;
    case Act::Kind::kHold:
      co_await WaitUntilGone();
      co_return false;
  }
  co_return false;
}

asio::awaitable<bool> Peer::ReadMore() {
  std::array<char, 4096> chunk;
  boost::system::error_code error;
  std::size_t bytes = 0;
  if (tls_) {
    std::tie(error, bytes) = co_await tls_->async_read_some(asio::buffer(chunk), kTuple);
  } else {
    std::tie(error, bytes) = co_await socket_.async_read_some(asio::buffer(chunk), kTuple);
  }
  if (error || buffered_.size() + bytes > kMaxRead) co_return false;
  buffered_.append(chunk.data(), bytes);
  co_return true;
}

asio::awaitable<std::optional<ClientFrame>> Peer::ReadClientFrame() {
  while (true) {
    ClientFrame frame = ParseClientFrame(buffered_);
    if (frame.bytes > 0) {
      buffered_.erase(0, frame.bytes);
      co_return frame;
    }
    const bool more = co_await ReadMore();
    if (!more) co_return std::nullopt;
  }
}

asio::awaitable<bool> Peer::Write(std::string bytes) {
  boost::system::error_code error;
  std::size_t written = 0;
  if (tls_) {
    std::tie(error, written) = co_await asio::async_write(*tls_, asio::buffer(bytes), kTuple);
  } else {
    std::tie(error, written) = co_await asio::async_write(socket_, asio::buffer(bytes), kTuple);
  }
  co_return !error;
}

asio::awaitable<bool> Peer::Flood(std::string bytes) {
  for (std::uint64_t sent = 0; sent < kMaxFlood; sent += bytes.size()) {
    const bool open = co_await Write(bytes);
    if (!open) co_return false;
  }
  co_return true;
}

asio::awaitable<bool> Peer::DripEach(const Act& act) {
  const std::string bytes = Filled(act.bytes, head_);
  for (const char byte : bytes) {
    std::string one(1, byte);
    const bool open = co_await Write(std::move(one));
    if (!open) co_return false;
    co_await Wait(act.pause);
  }
  co_return true;
}

asio::awaitable<void> Peer::Serve() {
  while (true) {
    const std::optional<ClientFrame> frame = co_await ReadClientFrame();
    if (!frame) co_return;
    const bool is_close = frame->first == kCloseFrame;
    // A pong for a ping, a close frame for a close frame, and an echo for anything else.
    const std::uint8_t first = frame->first == kPingFrame ? kPongFrame : frame->first;
    std::string answer = Frame(first, frame->payload);
    const bool open = co_await Write(std::move(answer));
    if (is_close) co_await Finish();
    if (is_close || !open) co_return;
  }
}

asio::awaitable<void> Peer::Finish() {
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  co_await WaitUntilGone();
}

asio::awaitable<void> Peer::WaitUntilGone() {
  std::array<char, 4096> chunk;
  boost::system::error_code error;
  while (!error) {
    auto [read_error, bytes] = co_await socket_.async_read_some(asio::buffer(chunk), kTuple);
    error = read_error;
  }
}

asio::awaitable<void> Peer::Wait(std::chrono::milliseconds pause) {
  asio::steady_timer timer(socket_.get_executor(), pause);
  co_await timer.async_wait(kTuple);
}

void Peer::Reset() {
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

std::size_t Peer::NumberOfPath() const {
  const std::string text = path();
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  std::from_chars(text.data() + text.rfind('/') + 1, end, number);
  return number;
}

}  // namespace wsfleet::hostile
