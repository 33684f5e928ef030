#include "core/policy/host_pattern.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxNameBytes = 253;  // RFC 1035, 2.3.4, without the lengths and the root
constexpr std::string_view kBelow = "*.";

// A name whose last label is a number, of whatever base: no domain's is (RFC 3696, 2), and some programs take it for a
// part of an address.
bool EndsInANumber(std::string_view name) {
  std::string_view last = name.substr(name.rfind('.') + 1);
  if (last.starts_with("0x")) {
    last.remove_prefix(2);
    return std::ranges::all_of(last, [](char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); });
  }
  return !last.empty() &&
         std::ranges::all_of(last, [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
}

bool IsName(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !text.empty() && text.size() <= kMaxNameBytes && text.find_first_not_of(kLetters) == std::string_view::npos &&
         !text.starts_with('.') && text.find("..") == std::string_view::npos;
}

}  // namespace

absl::StatusOr<TargetHost> ReadTargetHost(std::string_view host) {
  TargetHost read;
  read.name = absl::AsciiStrToLower(ToAbsl(host));
  if (read.name.find('%') != std::string::npos) {
    return absl::InvalidArgumentError(fmt::format(
        "host \"{}\": expected an address without a zone, since a zone means something else on each machine", host));
  }
  read.address = IpAddress::Parse(read.name);
  if (read.address) {
    read.name = read.address->text();
    return read;
  }
  if (read.name.ends_with('.')) read.name.pop_back();
  if (EndsInANumber(read.name)) {
    return absl::InvalidArgumentError(fmt::format(
        "host \"{}\": expected a name, or an address such as 192.0.2.7; programs do not agree which address "
        "this is",
        host));
  }
  return read;
}

absl::StatusOr<std::string> ReadHostPattern(std::string_view text) {
  const bool is_below = text.starts_with(kBelow);
  const std::string_view name = is_below ? text.substr(kBelow.size()) : text;
  const bool is_address = IpAddress::Parse(name).has_value();
  if (is_address ? is_below : !IsName(name)) {
    return absl::InvalidArgumentError(
        fmt::format("expected a host such as chat.example.com, *.example.com or 203.0.113.7, found \"{}\"",
                    Printable(Excerpt(text, 64))));
  }
  const auto host = ReadTargetHost(name);
  if (!host.ok()) return host.status();
  return is_below ? fmt::format("{}{}", kBelow, host->name) : host->name;
}

bool MatchesHost(std::string_view pattern, const TargetHost& host) {
  if (!pattern.starts_with(kBelow)) return pattern == host.name;
  const std::string_view end = pattern.substr(1);  // with its dot
  return !host.address && host.name.size() > end.size() && host.name.ends_with(end);
}

}  // namespace wsfleet
