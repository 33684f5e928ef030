#include "core/base/proxy_url.h"

#include <charconv>
#include <system_error>

#include "fmt/format.h"

namespace wsfleet {

absl::StatusOr<ProxyUrl> ParseProxyUrl(std::string_view text) {
  ProxyUrl proxy;
  const auto invalid = [](std::string_view expected) {
    return absl::InvalidArgumentError(fmt::format("proxy: expected {}", expected));
  };
  constexpr std::string_view kHttp = "http://", kSocks = "socks5://";
  if (text.starts_with(kHttp)) {
    text.remove_prefix(kHttp.size());
  } else if (text.starts_with(kSocks)) {
    proxy.kind = ProxyUrl::Kind::kSocks5;
    text.remove_prefix(kSocks.size());
  } else {
    return invalid("http://host:port or socks5://host:port");
  }
  if (text.ends_with('/')) text.remove_suffix(1);
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = text.substr(0, at);
    const std::size_t colon = user.find(':');
    proxy.user = std::string(user.substr(0, colon));
    if (colon != std::string_view::npos) proxy.password = std::string(user.substr(colon + 1));
    // RFC 1929, 2: one byte each says how long they are.
    if (proxy.user.empty() || proxy.user.size() > 255 || proxy.password.size() > 255) {
      return invalid("a user and a password of at most 255 bytes");
    }
    text.remove_prefix(at + 1);
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || (text.starts_with('[') && text.find(']') > colon)) {
    return invalid("a port after the host");
  }
  std::string_view host = text.substr(0, colon);
  std::string_view others = ":/?#[]";
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    others.remove_prefix(1);
  }
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), proxy.port);
  if (error != std::errc() || end != port.data() + port.size() || proxy.port == 0)
    return invalid("a port of 1 to 65535");
  if (host.empty() || host.find_first_of(others) != std::string_view::npos) {
    return invalid("a host, an IPv6 address in brackets");
  }
  proxy.host = std::string(host);
  return proxy;
}

}  // namespace wsfleet
