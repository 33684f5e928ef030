#include "agent/engine/transport.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "agent/engine/beast_random.h"
#include "agent/engine/beast_teardown.h"
#include "agent/engine/deflate_extension.h"
#include "agent/engine/guarded_stream.h"
#include "agent/engine/phase_timer.h"
#include "agent/engine/steady_clock.h"
#include "agent/engine/upgrade_check.h"
#include "boost/asio/as_tuple.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "boost/beast/core/buffers_to_string.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http.hpp"
#include "boost/beast/websocket.hpp"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
using WebSocket = websocket::stream<GuardedStream&>;

}  // namespace

class Connection::Socket {
 public:
  explicit Socket(asio::any_io_executor executor)
      : executor_(executor), stream_(executor), dialer_(executor, stream_) {}

  asio::awaitable<WireFailure> Dial(DialOptions options) {
    options_ = std::move(options);
    begun_ = SteadyNow();
    co_return co_await dialer_.Dial(options_, facts_);
  }

  asio::awaitable<HttpAnswer> Exchange(HttpMessage message) {
    http::request<http::string_body> request{http::string_to_verb(message.method), options_.url.target, 11};
    request.set(http::field::host, options_.url.HostHeader());
    for (const HeaderField& header : message.headers) request.set(header.name, header.value);
    request.body() = std::move(message.body);
    if (!request.body().empty()) request.prepare_payload();
    const SteadyTime written = SteadyNow();
    PhaseTimer timer(executor_, options_.deadline, [this] { Drop(); });
    const GuardedStream::Counts before = stream_.counts();
    HttpAnswer answer;
    auto [write_error, written_bytes] = co_await http::async_write(stream_, request, kTuple);
    http::response_parser<http::string_body> parser;
    parser.body_limit(kMaxBody);
    parser.header_limit(kMaxHead);
    beast::flat_buffer buffer(kMaxHead + kMaxBody);
    boost::system::error_code error = write_error;
    if (!error) {
      auto [read_error, read_bytes] = co_await http::async_read(stream_, buffer, parser, kTuple);
      error = read_error;
    }
    facts_.timings.total = SteadyNow() - begun_;
    if (stream_.first_byte()) facts_.timings.first_byte = *stream_.first_byte() - written;
    answer.head = ParseHead(stream_.received());
    Measure(before, written, answer);
    answer.body = parser.is_header_done() ? parser.get().body() : std::string();
    if (error == http::error::end_of_stream && parser.is_done()) error = {};
    if (timer.expired()) {
      answer.failure = RanOut(Phase::kHttp, SteadyNow() - begun_);
    } else if (error) {
      answer.failure = ExchangeFailure(Phase::kHttp, !options_.url.tls, error, stream_.received());
    }
    co_return answer;
  }

  asio::awaitable<HttpAnswer> Upgrade(UpgradeRequest upgrade) {
    websocket_.emplace(stream_);
    websocket_->auto_fragment(false);
    if (upgrade.deflate) OfferCompression(true);
    websocket_->set_option(
        websocket::stream_base::timeout{std::chrono::hours(24), websocket::stream_base::none(), false});
    max_message_ = upgrade.max_message;
    held_.emplace(upgrade.held);
    websocket_->read_message_max(max_message_);
    websocket_->control_callback(
        [this](websocket::frame_type kind, beast::string_view payload) { OnControl(kind, payload); });
    websocket_->set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
      for (const HeaderField& header : upgrade.headers) request.set(header.name, header.value);
      // In our words: Beast names windows of 15 bits, which some servers decline.
      if (upgrade.deflate) request.set(http::field::sec_websocket_extensions, OfferDeflate(*upgrade.deflate));
      std::string list;
      for (const std::string& name : upgrade.subprotocols) list += (list.empty() ? "" : ", ") + name;
      if (!list.empty()) request.set(http::field::sec_websocket_protocol, list);
    }));
    const SteadyTime written = SteadyNow();
    const SteadyTime deadline = std::min(written + options_.caps.upgrade, options_.deadline);
    PhaseTimer timer(executor_, deadline, [this] { Drop(); });
    stream_.Cap(kMaxHead + kMaxBody);
    const GuardedStream::Counts before = stream_.counts();
    websocket::response_type response;
    auto [error] =
        co_await websocket_->async_handshake(response, options_.url.HostHeader(), options_.url.target, kTuple);
    if (error == http::error::header_limit) co_await ReadOn();
    const SteadyTime now = SteadyNow();
    facts_.timings.upgrade = now - written;
    facts_.timings.total = now - begun_;
    if (stream_.first_byte()) facts_.timings.first_byte = *stream_.first_byte() - written;
    HttpAnswer answer;
    answer.head = ParseHead(stream_.received());
    Measure(before, written, answer);
    if (answer.head) {
      // What follows a 101 are frames.
      if (answer.head->status != 101) TakeBody(error, timer.expired(), now - written, response, answer);
      answer.failure = JudgeUpgrade(upgrade, error, answer);
    } else if (timer.expired()) {
      answer.failure = RanOut(Phase::kUpgrade, now - written);
    } else {
      answer.failure = ExchangeFailure(Phase::kUpgrade, !options_.url.tls, error, stream_.received());
    }
    if (answer.failure.ok()) {
      if (upgrade.deflate && answer.deflate) OfferCompression(MayCompress(*upgrade.deflate, *answer.deflate));
      open_ = true;
      stream_.Cap(0);
      stream_.BeginFrames();
    } else {
      Drop();
    }
    co_return answer;
  }

  asio::awaitable<Incoming> Read() {
    while (true) {
      if (ended_) co_return *ended_;
      auto [error, bytes] = co_await websocket_->async_read_some(buffer_, max_message_, kTuple);
      ++reads_;
      if (error) {
        End(Ending(error));
        continue;
      }
      held_->Set(buffer_.size());
      if (const HeldBytes* const held = held_->too_much()) {
        Drop();
        End(Incoming{.kind = Incoming::Kind::kNoRoom, .payload = held->TooMuch()});
        continue;
      }
      if (!websocket_->is_message_done()) continue;
      ++facts_.frames_in;
      Incoming incoming;
      incoming.kind = Incoming::Kind::kMessage;
      incoming.binary = websocket_->got_binary();
      incoming.payload = beast::buffers_to_string(buffer_.data());
      buffer_.consume(buffer_.size());
      held_->Set(0);
      co_return incoming;
    }
  }

  asio::awaitable<void> ReadArrived() {
    constexpr std::uint64_t kLittleMore = 64 * 1024;
    constexpr int kMostTurns = 32;  // without progress: the reader's pong waits for a peer that does not read
    const std::uint64_t most = stream_.bytes_in() + stream_.waiting_bytes() + kLittleMore;
    const auto progress = [this] { return stream_.bytes_in() + stream_.bytes_out() + stream_.counts().in + reads_; };
    const auto idle = [this] { return stream_.reader_waits() && stream_.waiting_bytes() == 0; };
    int turns = 0;
    while (open_ && !ended_ && stream_.bytes_in() <= most && turns < kMostTurns) {
      const std::uint64_t before = progress();
      const bool was_idle = idle();
      // What has been read, and not yet been handed on, comes before this turn.
      co_await asio::post(executor_, asio::use_awaitable);
      turns = progress() == before ? turns + 1 : 0;
      if (was_idle && turns > 0 && idle()) co_return;
    }
  }

  asio::awaitable<bool> Write(OutgoingMessage message) {
    const std::string_view payload = message.payload;
    std::size_t sent = 0;
    for (std::uint32_t left = std::max(message.fragments, 1U); left > 0; --left) {
      if (!is_open()) co_return false;
      websocket_->binary(message.binary);
      const std::string_view fragment = payload.substr(sent, (payload.size() - sent) / left);
      const bool last = left == 1;
      auto [error, bytes] =
          co_await websocket_->async_write_some(last, asio::buffer(fragment.data(), fragment.size()), kTuple);
      if (error) co_return false;
      ++facts_.frames_out;
      sent += fragment.size();
    }
    co_return true;
  }

  asio::awaitable<bool> Ping(std::string payload) {
    if (!is_open()) co_return false;
    const websocket::ping_data data(payload);
    stream_.watch()->OnPingSent();
    auto [error] = co_await websocket_->async_ping(data, kTuple);
    if (!error) ++facts_.frames_out;
    co_return !error;
  }

  asio::awaitable<bool> Pong(std::string payload) {
    if (!is_open()) co_return false;
    const websocket::ping_data data(payload);
    auto [error] = co_await websocket_->async_pong(data, kTuple);
    if (!error) ++facts_.frames_out;
    co_return !error;
  }

  asio::awaitable<bool> Close(std::uint16_t code, std::string reason) {
    if (!is_open()) co_return false;
    closing_ = true;
    websocket::close_reason close(static_cast<websocket::close_code>(code), reason);
    auto [error] = co_await websocket_->async_close(close, kTuple);
    if (!error) ++facts_.frames_out;
    if (!error && !ended_) End(Closed(websocket_->reason()));
    co_return !error;
  }

  void Drop() { dialer_.Cancel(); }

  // Beast's operations on a stream whose handshake is not over break its locks.
  bool is_open() const { return open_ && !closing_ && !ended_; }

  bool peer_closed() const { return open_ && stream_.watch()->close().has_value(); }

  void SetControlHandler(std::function<void(Incoming)> handler) { on_control_ = std::move(handler); }

  const WireFacts& facts() {
    facts_.bytes_in = stream_.bytes_in();
    facts_.bytes_out = stream_.bytes_out();
    return facts_;
  }

 private:
  // What of the exchange that began at `begun` really went over the wire.
  void Measure(const GuardedStream::Counts& before, SteadyTime begun, HttpAnswer& answer) const {
    const GuardedStream::Counts now = stream_.counts();
    answer.request_bytes = now.out - before.out;
    if (answer.request_bytes > 0) answer.written = begun;
    const bool switched = answer.head && answer.head->status == 101;
    answer.answer_bytes = switched ? answer.head->bytes : now.in - before.in;
  }

  // Of an upgrade that was refused. Beast has read the whole body, or there is what the stream has kept of it.
  void TakeBody(const boost::system::error_code& error, bool ran_out, absl::Duration after,
                websocket::response_type& response, HttpAnswer& answer) const {
    if (error == websocket::error::upgrade_declined) {
      answer.body = std::move(response.body());
      return;
    }
    answer.body = Excerpt(std::string_view(stream_.received()).substr(answer.head->bytes), 8 * 1024);
    if (error == http::error::header_limit) {
      answer.body_problem = {Phase::kUpgrade, FailureClass::kConfig,
                             "of a refusal with a head of more than 8 KiB, this agent does not read the body"};
      return;
    }
    answer.body_problem = ran_out ? RanOut(Phase::kUpgrade, after)
                                  : ExchangeFailure(Phase::kUpgrade, !options_.url.tls, error, stream_.received());
  }

  // Beast takes heads of 8 KiB; the status of a refusal is worth reading more.
  asio::awaitable<void> ReadOn() {
    std::array<char, 4096> chunk;
    while (stream_.received().size() < kMaxHead && !ParseHead(stream_.received())) {
      auto [error, bytes] = co_await stream_.async_read_some(asio::buffer(chunk), kTuple);
      if (error) co_return;
    }
  }

  // Reading goes by what the 101 agrees to; `outgoing`: what we send is compressed too.
  void OfferCompression(bool outgoing) {
    websocket::permessage_deflate deflate;
    deflate.client_enable = true;
    if (!outgoing) deflate.msg_size_threshold = std::numeric_limits<std::size_t>::max();
    websocket_->set_option(deflate);
  }

  void OnControl(websocket::frame_type kind, beast::string_view payload) {
    ++facts_.frames_in;
    if (kind == websocket::frame_type::close || !on_control_) return;
    if (kind == websocket::frame_type::ping) ++facts_.frames_out;  // Beast answers
    Incoming incoming;
    incoming.kind = kind == websocket::frame_type::ping ? Incoming::Kind::kPing : Incoming::Kind::kPong;
    incoming.payload = std::string(payload);
    on_control_(std::move(incoming));
  }

  static Incoming Closed(const websocket::close_reason& reason) {
    Incoming incoming;
    // No status in the frame is 1005 (RFC 6455, 7.1.5).
    incoming.close_code = reason.code == websocket::close_code::none ? 1005 : static_cast<std::uint16_t>(reason.code);
    incoming.payload = std::string(reason.reason.data(), reason.reason.size());
    return incoming;
  }

  static Incoming ProtocolError(std::string what) {
    Incoming incoming;
    incoming.kind = Incoming::Kind::kProtocolError;
    incoming.payload = std::move(what);
    return incoming;
  }

  static Incoming TooMuch(std::string what) {
    Incoming incoming;
    incoming.kind = Incoming::Kind::kTooLarge;
    incoming.payload = std::move(what);
    return incoming;
  }

  // RFC 7692, 7.2.3.4 allows it; the library ends its stream there.
  static Incoming Unsupported() {
    Incoming incoming;
    incoming.kind = Incoming::Kind::kUnsupported;
    incoming.payload =
        "a compressed message has a block that is marked as the last (BFINAL), which this agent cannot expand";
    return incoming;
  }

  Incoming Ending(const boost::system::error_code& error) const {
    if (error == websocket::error::closed) return Closed(websocket_->reason());
    const FrameWatch& watch = *stream_.watch();
    if (watch.problem() == FrameWatch::Problem::kBroken) return ProtocolError(watch.what());
    if (watch.problem() == FrameWatch::Problem::kTooMuch) return TooMuch(watch.what());
    const auto close = watch.close();
    const auto said = [&] {
      return Closed(websocket::close_reason(static_cast<websocket::close_code>(close->code), close->reason));
    };
    // Beast does not know 1014, which is registered.
    if (error == websocket::error::bad_close_code && close) return said();
    if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) {
      return TooMuch(
          fmt::format("a message of more than {} bytes arrived; this agent takes no larger ones", max_message_));
    }
    const auto& category = boost::system::error_code(websocket::error::closed).category();
    if (error.category() == category) return ProtocolError(error.message());
    if (error == beast::zlib::error::end_of_stream) return Unsupported();
    if (error.category() == boost::system::error_code(beast::zlib::error::general).category()) {
      return ProtocolError(fmt::format("a compressed message cannot be expanded (RFC 7692): {}", error.message()));
    }
    // What the target said stays said, though TCP ended before it was answered.
    if (close) return said();
    return Incoming{};  // TCP ended: 1006
  }

  Incoming End(Incoming incoming) {
    if (!ended_) ended_ = std::move(incoming);
    return *ended_;
  }

  asio::any_io_executor executor_;
  GuardedStream stream_;
  Dialer dialer_;
  DialOptions options_;
  SteadyTime begun_;
  WireFacts facts_;
  std::optional<WebSocket> websocket_;
  std::size_t max_message_ = 0;
  beast::flat_buffer buffer_;
  std::optional<HeldShare> held_;  // of the message that is coming
  std::uint64_t reads_ = 0;        // of parts of messages, that ended
  std::function<void(Incoming)> on_control_;
  bool open_ = false;     // the handshake has succeeded
  bool closing_ = false;  // our close frame is under way or out: a second one, or a message behind it, may not follow
  std::optional<Incoming> ended_;
};

Connection::Connection(asio::any_io_executor executor) : socket_(std::make_unique<Socket>(std::move(executor))) {}
Connection::~Connection() = default;

asio::awaitable<WireFailure> Connection::Dial(DialOptions options) { return socket_->Dial(std::move(options)); }
asio::awaitable<HttpAnswer> Connection::Exchange(HttpMessage message) { return socket_->Exchange(std::move(message)); }
asio::awaitable<HttpAnswer> Connection::Upgrade(UpgradeRequest upgrade) { return socket_->Upgrade(std::move(upgrade)); }
asio::awaitable<Incoming> Connection::Read() { return socket_->Read(); }
asio::awaitable<void> Connection::ReadArrived() { return socket_->ReadArrived(); }
asio::awaitable<bool> Connection::Write(OutgoingMessage message) { return socket_->Write(std::move(message)); }
asio::awaitable<bool> Connection::Pong(std::string payload) { return socket_->Pong(std::move(payload)); }
asio::awaitable<bool> Connection::Ping(std::string payload) { return socket_->Ping(std::move(payload)); }
asio::awaitable<bool> Connection::Close(std::uint16_t code, std::string reason) {
  return socket_->Close(code, std::move(reason));
}
void Connection::OnControl(std::function<void(Incoming)> handler) { socket_->SetControlHandler(std::move(handler)); }
void Connection::Drop() { socket_->Drop(); }
bool Connection::is_open() const { return socket_->is_open(); }
bool Connection::peer_closed() const { return socket_->peer_closed(); }
const WireFacts& Connection::facts() const { return socket_->facts(); }

}  // namespace wsfleet::engine
