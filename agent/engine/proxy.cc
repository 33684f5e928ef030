#include "agent/engine/proxy.h"

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "agent/engine/guarded_stream.h"
#include "agent/engine/http_head.h"
#include "boost/asio/as_tuple.hpp"
#include "boost/asio/ip/address.hpp"
#include "boost/asio/read.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "boost/asio/write.hpp"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

namespace asio = boost::asio;

constexpr auto kProxyTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxHead = 16 * 1024;

// Bytes from and to the proxy; an empty answer of Read is an error.
class ProxyStream {
 public:
  explicit ProxyStream(GuardedStream& stream) : stream_(stream) {}

  asio::awaitable<bool> Write(std::string bytes) {
    auto [error, written] = co_await asio::async_write(stream_, asio::buffer(bytes), kProxyTuple);
    error_ = error;
    co_return !error;
  }
  asio::awaitable<std::string> Read(std::size_t bytes) {
    std::string into(bytes, '\0');
    auto [error, read] = co_await asio::async_read(stream_, asio::buffer(into), kProxyTuple);
    error_ = error;
    if (error) into.clear();
    co_return into;
  }
  std::string Gone() const { return fmt::format("the proxy ended the connection: {}", error_.message()); }

 private:
  GuardedStream& stream_;
  boost::system::error_code error_;
};

asio::awaitable<std::string> OpenHttp(ProxyStream stream, ProxyUrl proxy, std::string host, std::uint16_t port) {
  const std::string authority =
      host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
  std::string request = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", authority);
  if (!proxy.user.empty()) {
    std::string credentials;
    absl::Base64Escape(fmt::format("{}:{}", proxy.user, proxy.password), &credentials);
    request += fmt::format("Proxy-Authorization: Basic {}\r\n", credentials);
  }
  request += "\r\n";
  bool good = co_await stream.Write(std::move(request));
  if (!good) co_return stream.Gone();
  // Byte by byte: what follows the head is the target's.
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    if (head.size() == kMaxHead) co_return fmt::format("the proxy's answer is longer than {} bytes", kMaxHead);
    const std::string byte = co_await stream.Read(1);
    if (byte.empty()) co_return stream.Gone();
    head += byte;
  }
  const auto answer = ParseHead(head);
  if (!answer) co_return fmt::format("the proxy does not speak HTTP: {}", Printable(Excerpt(head, 80)));
  if (answer->status >= 200 && answer->status <= 299) co_return std::string();
  co_return fmt::format("the proxy answered {} {}", answer->status, Printable(Excerpt(answer->reason, 80)));
}

std::string SocksReply(unsigned code) {
  constexpr std::array<std::string_view, 9> kReplies{"",
                                                     "general failure",
                                                     "not allowed by its rules",
                                                     "network unreachable",
                                                     "host unreachable",
                                                     "connection refused",
                                                     "TTL expired",
                                                     "command not supported",
                                                     "address type not supported"};
  return code < kReplies.size() ? std::string(kReplies[code]) : fmt::format("reply {}", code);
}

// What a SOCKS5 request calls the target (RFC 1928, 5). A name of more than 255 bytes gives nothing.
std::string SocksAddress(const std::string& host) {
  boost::system::error_code not_literal;
  const asio::ip::address literal = asio::ip::make_address(host, not_literal);
  if (not_literal) {
    if (host.size() > 255) return {};
    return std::string("\x03") + static_cast<char>(host.size()) + host;
  }
  if (literal.is_v4()) {
    const auto bytes = literal.to_v4().to_bytes();
    return std::string("\x01") + std::string(bytes.begin(), bytes.end());
  }
  const auto bytes = literal.to_v6().to_bytes();
  return std::string("\x04") + std::string(bytes.begin(), bytes.end());
}

asio::awaitable<std::string> SignIn(ProxyStream& stream, ProxyUrl proxy) {
  const std::string methods = proxy.user.empty() ? std::string("\x05\x01\x00", 3) : std::string("\x05\x02\x00\x02", 4);
  bool good = co_await stream.Write(methods);
  std::string chosen;
  if (good) chosen = co_await stream.Read(2);
  if (chosen.empty()) co_return stream.Gone();
  if (chosen[0] != 5) co_return std::string("the proxy does not speak SOCKS5");
  if (chosen[1] == 0) co_return std::string();
  if (chosen[1] != 2 || proxy.user.empty()) co_return std::string("the proxy asks for a way to sign in that we lack");
  std::string request("\x01");
  request += static_cast<char>(proxy.user.size());
  request += proxy.user;
  request += static_cast<char>(proxy.password.size());
  request += proxy.password;
  good = co_await stream.Write(std::move(request));
  std::string verdict;
  if (good) verdict = co_await stream.Read(2);
  if (verdict.empty()) co_return stream.Gone();
  co_return std::string(verdict[1] == 0 ? "" : "the proxy refused user and password");
}

asio::awaitable<std::string> OpenSocks(ProxyStream stream, ProxyUrl proxy, std::string host, std::uint16_t port) {
  const std::string problem = co_await SignIn(stream, std::move(proxy));
  if (!problem.empty()) co_return problem;
  const std::string address = SocksAddress(host);
  if (address.empty()) co_return std::string("a host name of more than 255 bytes does not go through SOCKS5");
  std::string request("\x05\x01\x00", 3);
  request += address;
  request += static_cast<char>(port >> 8);
  request += static_cast<char>(port & 0xFF);
  const bool good = co_await stream.Write(std::move(request));
  std::string reply;
  if (good) reply = co_await stream.Read(4);
  if (reply.empty()) co_return stream.Gone();
  if (reply[0] != 5) co_return std::string("the proxy does not speak SOCKS5");
  if (reply[1] != 0) {
    co_return fmt::format("the proxy could not connect: {}", SocksReply(static_cast<unsigned char>(reply[1])));
  }
  // The address that it connected from, which nobody needs.
  std::size_t rest = reply[3] == 1 ? 4 : 16;
  if (reply[3] == 3) {
    const std::string length = co_await stream.Read(1);
    if (length.empty()) co_return stream.Gone();
    rest = static_cast<unsigned char>(length[0]);
  }
  const std::string bound = co_await stream.Read(rest + 2);
  co_return bound.empty() ? stream.Gone() : std::string();
}

}  // namespace

asio::awaitable<std::string> OpenTunnel(GuardedStream& stream, ProxyUrl proxy, std::string host, std::uint16_t port) {
  ProxyStream through(stream);
  if (proxy.kind == ProxyUrl::Kind::kHttpConnect) {
    co_return co_await OpenHttp(through, std::move(proxy), std::move(host), port);
  }
  co_return co_await OpenSocks(through, std::move(proxy), std::move(host), port);
}

}  // namespace wsfleet::engine
