#include "tests/targets/demo/server.h"

#include <filesystem>
#include <fstream>
#include <optional>

#include "boost/asio/as_tuple.hpp"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/signal_set.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "boost/beast/core/buffers_to_string.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/core/tcp_stream.hpp"
#include "boost/beast/http.hpp"
#include "boost/beast/websocket.hpp"
#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "fmt/format.h"
#include "tests/targets/demo/token.h"

namespace wsfleet::demo {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
namespace websocket = beast::websocket;
using asio::ip::tcp;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxConnections = 20'000;
constexpr std::size_t kMaxMessage = 64 * 1024;
constexpr std::chrono::seconds kIdleLimit{300};

using Request = http::request<http::string_body>;
using Socket = websocket::stream<beast::tcp_stream>;

class Server {
 public:
  Server(asio::io_context& context, const Settings& settings) : context_(context), settings_(settings) {
    if (!settings.access_log.empty()) log_.open(settings.access_log, std::ios::app);
  }

  asio::awaitable<void> Accept(tcp::acceptor& acceptor) {
    while (acceptor.is_open()) {
      auto [error, socket] = co_await acceptor.async_accept(kTuple);
      if (error) co_return;
      if (open_ >= kMaxConnections) continue;
      asio::co_spawn(context_, Connection(std::move(socket)), asio::detached);
    }
  }

 private:
  bool Has(const char* fault) const { return settings_.faults.contains(fault); }

  // `code`: HTTP status or close code. `target`: of a request that carries no token.
  void LogEvent(const char* event, std::uint64_t connection, int code, std::string_view target = {}) {
    if (!log_.is_open()) return;
    json::object entry{{"event", event}, {"connection", connection}, {"code", code}};
    if (!target.empty()) entry["target"] = json::string_view(target.data(), target.size());
    log_ << json::serialize(entry) << '\n' << std::flush;
  }

  std::string HealthText(bool down) const {
    return json::serialize(json::object{{"status", down ? "unhealthy" : "healthy"}, {"revision", settings_.revision}});
  }
  static std::string DetailText(const std::string& why) { return json::serialize(json::object{{"detail", why}}); }

  asio::awaitable<void> Connection(tcp::socket socket) {
    ++open_;
    const std::uint64_t id = ++last_id_;
    beast::tcp_stream stream(std::move(socket));
    stream.expires_after(kIdleLimit);
    beast::flat_buffer buffer(kMaxMessage);
    http::request_parser<http::string_body> parser;
    parser.header_limit(16 * 1024);
    parser.body_limit(kMaxMessage);
    auto [error, bytes] = co_await http::async_read(stream, buffer, parser, kTuple);
    if (!error) {
      Request request = parser.release();
      if (websocket::is_upgrade(request)) {
        co_await Upgrade(std::move(stream), std::move(request), id);
      } else {
        co_await Answer(stream, request, id);
      }
    }
    --open_;
  }

  asio::awaitable<void> Reply(beast::tcp_stream& stream, http::status status, std::string body, const char* type) {
    http::response<http::string_body> response{status, 11};
    response.set(http::field::server, "wsfleet-demo-target");
    response.set(http::field::content_type, type);
    response.body() = std::move(body);
    response.prepare_payload();
    response.keep_alive(false);
    co_await http::async_write(stream, response, kTuple);
    beast::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  asio::awaitable<void> Answer(beast::tcp_stream& stream, const Request& request, std::uint64_t id) {
    const bool health = request.target() == "/health" || request.target().starts_with("/health?");
    const bool down = Has("health-down");
    const http::status status = !health ? http::status::not_found
                                : down  ? http::status::service_unavailable
                                        : http::status::ok;
    const std::string target(request.target());
    LogEvent("http", id, static_cast<int>(status), health ? target : std::string());
    std::string text = health ? HealthText(down) : std::string("{\"detail\":\"not found\"}");
    co_await Reply(stream, status, std::move(text), "application/json");
  }

  // Where a client may carry its token: header, query, subprotocol "jwt.…", cookie.
  static std::string TokenOf(const Request& request) {
    const std::string authorization(request[http::field::authorization]);
    if (authorization.starts_with("Bearer ")) return authorization.substr(7);
    const std::string target(request.target());
    if (const std::size_t at = target.find("token="); at != std::string::npos)
      return target.substr(at + 6, target.find('&', at) - at - 6);
    const std::string protocols(request[http::field::sec_websocket_protocol]);
    if (const std::size_t at = protocols.find("jwt."); at != std::string::npos) {
      return protocols.substr(at + 4, protocols.find_first_of(", ", at) - at - 4);
    }
    const std::string cookies(request[http::field::cookie]);
    if (const std::size_t at = cookies.find("token="); at != std::string::npos)
      return cookies.substr(at + 6, cookies.find(';', at) - at - 6);
    return {};
  }

  asio::awaitable<void> Upgrade(beast::tcp_stream stream, Request request, std::uint64_t id) {
    std::string why;
    std::optional<std::string> user = CheckToken(TokenOf(request), settings_.key, why);
    if (Has("accept-any-token")) user = user.value_or("anonymous");
    if (Has("stall")) {
      asio::steady_timer never(context_, kIdleLimit);
      co_await never.async_wait(kTuple);
      co_return;
    }
    if (Has("drop-tcp")) co_return;
    if (Has("upgrade-500") || Has("upgrade-503")) {
      const http::status status =
          Has("upgrade-500") ? http::status::internal_server_error : http::status::service_unavailable;
      LogEvent("refuse", id, static_cast<int>(status));
      std::string text(http::obsolete_reason(status));
      co_await Reply(stream, status, std::move(text), "text/plain");
      co_return;
    }
    if (!user) {
      LogEvent("refuse", id, 401);
      std::string text = DetailText(why);
      co_await Reply(stream, http::status::unauthorized, std::move(text), "application/json");
      co_return;
    }
    stream.expires_never();
    Socket socket(std::move(stream));
    const bool offered =
        std::string(request[http::field::sec_websocket_protocol]).find("jwt-auth") != std::string::npos;
    socket.set_option(websocket::stream_base::decorator([offered](websocket::response_type& response) {
      response.set(http::field::server, "wsfleet-demo-target");
      if (offered) response.set(http::field::sec_websocket_protocol, "jwt-auth");
    }));
    socket.set_option(websocket::stream_base::timeout{std::chrono::seconds(30), kIdleLimit, false});
    socket.read_message_max(kMaxMessage);
    auto [error] = co_await socket.async_accept(request, kTuple);
    if (error) co_return;
    LogEvent("upgrade", id, 101, TokenOf(request).empty() ? std::string(request.target()) : std::string());
    const bool no_thread = request.target().starts_with("/ws/threads/none");
    co_await Chat(socket, *user, no_thread);
    LogEvent("close", id, static_cast<int>(socket.reason().code));
  }

  static std::string Text(const char* type, const char* name, const std::string& value) {
    return json::serialize(json::object{{"type", type}, {name, value}});
  }

  asio::awaitable<bool> Send(Socket& socket, std::string text) {
    socket.text(true);
    auto [error, bytes] = co_await socket.async_write(asio::buffer(text), kTuple);
    co_return !error;
  }

  asio::awaitable<void> CloseWith(Socket& socket, std::uint16_t code, std::string why) {
    websocket::close_reason reason(static_cast<websocket::close_code>(code), why);
    co_await socket.async_close(reason, kTuple);
  }

  asio::awaitable<void> Chat(Socket& socket, std::string user, bool no_thread) {
    if (no_thread) {
      std::string why = "no such thread";
      co_await CloseWith(socket, 4404, std::move(why));
      co_return;
    }
    std::string hello = Text("connection_established", "user_id", user);
    if (!co_await Send(socket, std::move(hello))) co_return;
    beast::flat_buffer buffer(kMaxMessage);
    while (true) {
      auto [error, bytes] = co_await socket.async_read(buffer, kTuple);
      if (error) co_return;
      boost::json::error_code parse_error;
      const json::value message = json::parse(beast::buffers_to_string(buffer.data()), parse_error);
      buffer.consume(buffer.size());
      const auto* object = parse_error ? nullptr : message.if_object();
      const auto* type = object != nullptr ? object->if_contains("type") : nullptr;
      if (type == nullptr || *type != "user_message") {
        std::string complaint = Text("error", "detail", "expected a user_message");
        if (!co_await Send(socket, std::move(complaint))) co_return;
        continue;
      }
      if (Has("close-1011")) {
        std::string why = "internal error";
        co_await CloseWith(socket, 1011, std::move(why));
        co_return;
      }
      const auto* thread = object->if_contains("thread_id");
      json::value thread_id = thread != nullptr ? *thread : json::value();
      if (!co_await Events(socket, std::move(thread_id))) co_return;
    }
  }

  // Built outside of coroutines: g++ 12 destroys initializer lists in them twice.
  std::vector<std::string> EventTexts(const json::value& thread) {
    const std::string run = fmt::format("run-{}", ++last_run_);
    std::vector<std::string> events;
    const auto add = [&](const char* type, json::object more) {
      json::object event;
      event["type"] = type;
      event["thread_id"] = thread;
      event["run_id"] = run;
      for (auto& member : more) event[member.key()] = member.value();
      events.push_back(json::serialize(event));
    };
    add("agent_started", {});
    add("agent_thinking", {});
    add("tool_executing", {{"tool", "ledger"}});
    add("tool_completed", {{"tool", "ledger"}, {"result", {{"ok", true}}}});
    add("agent_completed", {{"text", "We spent 42."}});
    if (Has("missing-event")) events.erase(events.begin() + 3);
    if (Has("reorder")) std::swap(events[2], events[3]);
    if (Has("duplicate-event")) events.insert(events.begin() + 1, std::string(events[1]));
    return events;
  }

  asio::awaitable<bool> Events(Socket& socket, json::value thread) {
    if (Has("stall-events")) co_return true;
    std::vector<std::string> events = EventTexts(thread);
    for (std::string& event : events) {
      if (Has("slow-events")) {
        asio::steady_timer pause(context_, std::chrono::seconds(1));
        co_await pause.async_wait(kTuple);
      }
      if (!co_await Send(socket, std::move(event))) co_return false;
    }
    co_return true;
  }

  asio::io_context& context_;
  const Settings& settings_;
  std::ofstream log_;
  std::size_t open_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint64_t last_run_ = 0;
};

}  // namespace

const std::set<std::string>& KnownFaults() {
  static const std::set<std::string> kFaults{"upgrade-500",     "upgrade-503",      "missing-event", "reorder",
                                             "duplicate-event", "close-1011",       "stall",         "stall-events",
                                             "slow-events",     "accept-any-token", "drop-tcp",      "health-down"};
  return kFaults;
}

int Serve(const Settings& settings) {
  asio::io_context context(1);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(settings.address, error);
  tcp::acceptor acceptor(context);
  if (!error) acceptor.open(address.is_v6() ? tcp::v6() : tcp::v4(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind({address, settings.port}, error);
  if (!error) acceptor.listen(4096, error);
  if (error) {
    fmt::print(stderr, "wsfleet-demo-target: cannot listen on {}:{}: {}\n", settings.address, settings.port,
               error.message());
    return 1;
  }
  const std::uint16_t port = acceptor.local_endpoint().port();
  if (!settings.port_file.empty()) {
    // Whoever waits for the file sees it whole.
    const std::string draft = settings.port_file + ".part";
    std::ofstream(draft) << port << '\n';
    std::filesystem::rename(draft, settings.port_file);
  }
  fmt::print("listening on http://{}:{}\n", settings.address, port);
  std::fflush(stdout);
  Server server(context, settings);
  asio::co_spawn(context, server.Accept(acceptor), asio::detached);
  asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code&, int) { context.stop(); });
  context.run();
  return 0;
}

}  // namespace wsfleet::demo
