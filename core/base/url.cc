#include "core/base/url.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "core/base/credential_text.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

absl::Status Invalid(std::string_view text, std::string_view expected) {
  return absl::InvalidArgumentError(
      fmt::format("\"{}\": expected {}", Excerpt(WithoutUrlCredentials(text), 120), expected));
}

std::string PercentEncode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool unreserved = absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                            std::string_view("-._~").find(c) != std::string_view::npos;
    out += unreserved ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// What is no escape stays as it is; of the parts of a query, + is a space.
std::string PercentDecode(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned char byte = 0;
    const char* const digits = text.data() + at + 1;
    const bool escape = text[at] == '%' && text.size() - at > 2;
    if (escape && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out += static_cast<char>(byte);
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

// Names as resolvers take them, IPv4, and IPv6 with a zone.
bool IsHost(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view(".-_:%").find(c) != std::string_view::npos;
  });
}

// Bytes beyond ASCII, as browsers write them (RFC 3987, 3.1).
std::string EncodeBeyondAscii(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x80 ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

bool IsTarget(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '#') return false;
  }
  return true;
}

}  // namespace

std::string Url::HostHeader() const {
  const std::string name = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
  return port == (tls ? 443 : 80) ? name : fmt::format("{}:{}", name, port);
}

std::string Url::Origin() const { return fmt::format("{}://{}:{}", tls ? "wss" : "ws", host, port); }

absl::StatusOr<Url> ParseUrl(std::string_view text) {
  Url url;
  std::string_view rest = text;
  const std::size_t scheme_end = rest.find("://");
  const std::string_view scheme =
      scheme_end == std::string_view::npos ? std::string_view() : rest.substr(0, scheme_end);
  if (scheme == "wss" || scheme == "https") {
    url.tls = true;
    url.port = 443;
  } else if (scheme != "ws" && scheme != "http") {
    return Invalid(text, "a URL that begins with ws://, wss://, http:// or https://");
  }
  rest.remove_prefix(scheme_end + 3);
  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, authority_end);
  const std::string_view target = rest.substr(authority_end);
  if (authority.find('@') != std::string_view::npos) return Invalid(text, "no user name in a URL; use auth");
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return Invalid(text, "a closing ] after the address");
    url.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
    if (!authority.empty() && !authority.starts_with(':')) return Invalid(text, "a port, or nothing, behind the ]");
  } else {
    const std::size_t colon = authority.find(':');
    url.host = authority.substr(0, colon);
    authority.remove_prefix(std::min(colon, authority.size()));
  }
  if (url.host.empty()) return Invalid(text, "a host");
  if (!IsHost(url.host)) return Invalid(text, "a host of letters, digits, '.', '-' and '_', or an address");
  if (!authority.empty()) {
    authority.remove_prefix(1);
    const auto [end, error] = std::from_chars(authority.data(), authority.data() + authority.size(), url.port);
    if (error != std::errc() || end != authority.data() + authority.size() || url.port == 0)
      return Invalid(text, "a port of 1 to 65535");
  }
  if (!IsTarget(target)) return Invalid(text, "no spaces, control characters or fragments in a URL");
  url.target = (target.starts_with('/') ? "" : "/") + EncodeBeyondAscii(target);
  return url;
}

absl::StatusOr<Url> ResolveUrl(const Url& base, std::string_view reference) {
  if (reference.find("://") != std::string_view::npos) return ParseUrl(reference);
  Url url = base;
  if (!IsTarget(reference)) return Invalid(reference, "no spaces, control characters or fragments in a path");
  url.target = (reference.starts_with('/') ? "" : "/") + EncodeBeyondAscii(reference);
  return url;
}

void AddQuery(Url& url, std::string_view name, std::string_view value) {
  url.target += url.target.find('?') == std::string::npos ? '?' : '&';
  url.target += fmt::format("{}={}", PercentEncode(name), PercentEncode(value));
}

void RemoveQuery(Url& url, std::string_view name) {
  const std::size_t question = url.target.find('?');
  if (question == std::string::npos) return;
  std::string_view left = std::string_view(url.target).substr(question + 1);
  std::string kept;
  while (!left.empty()) {
    const std::string_view parameter = left.substr(0, left.find('&'));
    left.remove_prefix(std::min(left.size(), parameter.size() + 1));
    if (PercentDecode(parameter.substr(0, parameter.find('='))) == name) continue;
    kept += kept.empty() ? '?' : '&';
    kept += parameter;
  }
  url.target.replace(question, std::string::npos, kept);
}

}  // namespace wsfleet
