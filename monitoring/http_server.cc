#include "monitoring/http_server.h"

#include <array>
#include <charconv>
#include <list>
#include <optional>
#include <thread>
#include <utility>

#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/core/tcp_stream.hpp"
#include "boost/beast/http/empty_body.hpp"
#include "boost/beast/http/parser.hpp"
#include "boost/beast/http/read.hpp"
#include "boost/beast/http/string_body.hpp"
#include "boost/beast/http/write.hpp"
#include "fmt/format.h"

namespace wsfleet::monitoring {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr absl::Duration kAcceptAgain = absl::Milliseconds(100);

struct HostAndPort {
  std::string host;
  std::uint16_t port = 0;
};

std::optional<HostAndPort> Split(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  HostAndPort split;
  std::string_view host = address.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find(':') != std::string_view::npos) return std::nullopt;
  split.host = host;
  const char* const end = address.data() + address.size();
  const auto parsed = std::from_chars(address.data() + colon + 1, end, split.port);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return split;
}

std::string TextOf(const tcp::endpoint& endpoint) {
  std::string host = endpoint.address().to_string();
  if (endpoint.address().is_v6()) host = "[" + host + "]";
  return fmt::format("{}:{}", host, endpoint.port());
}

HttpReply Refusal(http::status status, std::string text) {
  HttpReply reply;
  reply.status = static_cast<unsigned>(status);
  reply.body = std::move(text) + "\n";
  return reply;
}

}  // namespace

// The thread, what listens, and the connections, oldest first.
class HttpServer::Loop : public std::enable_shared_from_this<Loop> {
 public:
  Loop(Handler handler, HttpLimits limits)
      : handler_(std::move(handler)), limits_(limits), context_(1), acceptor_(context_), again_(context_) {}

  absl::StatusOr<std::string> Listen(const HostAndPort& at);
  void Start() {
    Accept();
    thread_ = std::thread([this] { context_.run(); });
  }
  // Once what was open is closed, nothing is left to run.
  void Stop();

 private:
  class Connection;
  using Connections = std::list<std::shared_ptr<Connection>>;

  void Accept();
  void OnAccepted(tcp::socket socket);

  const Handler handler_;
  const HttpLimits limits_;
  asio::io_context context_;
  tcp::acceptor acceptor_;
  asio::steady_timer again_;
  Connections connections_;
  std::thread thread_;
};

// One request and its reply. Kept alive by what it waits for.
class HttpServer::Loop::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Loop& loop, tcp::socket socket)
      : loop_(loop), stream_(std::move(socket)), buffer_(loop.limits_.head_bytes), late_(loop.context_) {
    parser_.header_limit(loop.limits_.head_bytes);
    parser_.body_limit(boost::none);  // none is read
  }

  void Start(Connections::iterator place) {
    place_ = place;
    stream_.expires_after(absl::ToChronoNanoseconds(loop_.limits_.request));
    http::async_read_header(stream_, buffer_, parser_, [self = shared_from_this()](const error_code& error, auto) {
      error ? self->OnBroken(error) : self->OnRequest();
    });
  }

  // Whatever it waits for ends with an error.
  void Cut() {
    late_.cancel();
    stream_.close();
    if (place_) loop_.connections_.erase(*std::exchange(place_, std::nullopt));
  }

 private:
  void OnBroken(const error_code& error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      return Send(Refusal(http::status::request_header_fields_too_large,
                          fmt::format("expected a request of at most {} bytes", loop_.limits_.head_bytes)));
    }
    const bool malformed = error.category() == make_error_code(http::error::bad_method).category() &&
                           error != http::error::end_of_stream && error != http::error::partial_message;
    if (malformed) return Send(Refusal(http::status::bad_request, "expected an HTTP/1.1 request"));
    Cut();
  }

  void OnRequest() {
    const auto& request = parser_.get();
    is_head_ = request.method() == http::verb::head;
    if (request.method() != http::verb::get && !is_head_) {
      return Send(Refusal(http::status::method_not_allowed, "expected GET or HEAD"));
    }
    if (parser_.chunked() || parser_.content_length().value_or(0) > 0) {
      return Send(Refusal(http::status::payload_too_large, "expected a request without a body"));
    }
    const std::string_view target(request.target().data(), request.target().size());
    if (!target.starts_with('/')) return Send(Refusal(http::status::bad_request, "expected a path, such as /metrics"));
    const std::string path(target.substr(0, target.find('?')));
    // The answer may come when neither this nor the server is there any more.
    Answer answer = [weak_loop = loop_.weak_from_this(), weak = weak_from_this()](HttpReply reply) {
      const std::shared_ptr<Loop> loop = weak_loop.lock();
      if (loop == nullptr) return;
      asio::post(loop->context_, [weak, reply = std::move(reply)]() mutable {
        if (const auto self = weak.lock()) self->Send(std::move(reply));
      });
    };
    stream_.expires_never();
    const Late late = loop_.handler_(path, std::move(answer));
    late_.expires_after(absl::ToChronoNanoseconds(loop_.limits_.answer));
    late_.async_wait([self = shared_from_this(), late](const error_code& error) {
      if (!error) self->Send(late());
    });
  }

  void Send(HttpReply reply) {
    if (std::exchange(sent_, true)) return;
    late_.cancel();
    reply_.result(reply.status);
    reply_.version(11);
    reply_.set(http::field::content_type, reply.content_type);
    reply_.set(http::field::cache_control, "no-store");
    reply_.set(http::field::connection, "close");
    if (reply.status == static_cast<unsigned>(http::status::method_not_allowed)) {
      reply_.set(http::field::allow, "GET, HEAD");
    }
    reply_.content_length(reply.body.size());
    if (!is_head_) reply_.body() = std::move(reply.body);
    stream_.expires_after(absl::ToChronoNanoseconds(loop_.limits_.reply));
    http::async_write(stream_, reply_, [self = shared_from_this()](const error_code& error, auto) {
      if (error) return self->Cut();
      self->Drain();
    });
  }

  // To close while something is unread would take the reply from the client: until it closes, or the time is over.
  void Drain() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.async_read_some(asio::buffer(rest_), [self = shared_from_this()](const error_code& error, std::size_t) {
      error ? self->Cut() : self->Drain();
    });
  }

  Loop& loop_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  http::request_parser<http::empty_body> parser_;
  http::response<http::string_body> reply_;
  asio::steady_timer late_;
  std::array<char, 1024> rest_{};
  std::optional<Connections::iterator> place_;
  bool is_head_ = false;
  bool sent_ = false;
};

absl::StatusOr<std::string> HttpServer::Loop::Listen(const HostAndPort& at) {
  const auto fail = [&](const error_code& error) {
    return absl::FailedPreconditionError(
        fmt::format("cannot listen on {}:{} (--http-listen): {}", at.host, at.port, error.message()));
  };
  error_code error;
  const auto found = tcp::resolver(context_).resolve(at.host, std::to_string(at.port), error);
  if (error) return fail(error);
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(error);
  return TextOf(acceptor_.local_endpoint());
}

void HttpServer::Loop::Accept() {
  acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (!error) {
      OnAccepted(std::move(socket));
      return Accept();
    }
    // Files may have run out, and come back.
    again_.expires_after(absl::ToChronoNanoseconds(kAcceptAgain));
    again_.async_wait([this](const error_code& cancelled) {
      if (!cancelled) Accept();
    });
  });
}

void HttpServer::Loop::OnAccepted(tcp::socket socket) {
  // Whoever opens connections and says nothing must not keep a probe out.
  if (connections_.size() >= limits_.connections) {
    const std::shared_ptr<Connection> oldest = connections_.front();
    oldest->Cut();
  }
  const auto connection = std::make_shared<Connection>(*this, std::move(socket));
  connection->Start(connections_.insert(connections_.end(), connection));
}

void HttpServer::Loop::Stop() {
  asio::post(context_, [this] {
    error_code ignored;
    acceptor_.close(ignored);
    again_.cancel();
    while (!connections_.empty()) {
      const std::shared_ptr<Connection> connection = connections_.front();
      connection->Cut();
    }
  });
  thread_.join();
}

std::string CheckListenAddress(const std::string& address) {
  if (Split(address)) return {};
  return fmt::format("expected host:port such as 127.0.0.1:7480 or [::]:7480, found \"{}\"", address);
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& address, Handler handler,
                                                              HttpLimits limits) {
  const auto at = Split(address);
  if (!at) return absl::InvalidArgumentError(CheckListenAddress(address));
  auto loop = std::make_shared<Loop>(std::move(handler), limits);
  auto bound = loop->Listen(*at);
  if (!bound.ok()) return bound.status();
  loop->Start();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(loop), *std::move(bound)));
}

HttpServer::~HttpServer() { loop_->Stop(); }

}  // namespace wsfleet::monitoring
