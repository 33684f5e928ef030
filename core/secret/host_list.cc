#include "core/secret/host_list.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxHostBytes = 255;  // RFC 1035, 2.3.4
constexpr std::string_view kAny = "*";
constexpr std::string_view kBelow = "*.";

// As hosts are compared: a dot at the end is the root, which all names are below.
std::string Normal(std::string_view host) {
  std::string normal = absl::AsciiStrToLower(ToAbsl(host));
  if (normal.ends_with('.')) normal.pop_back();
  return normal;
}

bool IsHostOrAddress(std::string_view host) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_:";
  return !host.empty() && host.size() <= kMaxHostBytes && host.find_first_not_of(kAllowed) == std::string_view::npos &&
         !host.starts_with('.') && host.find("..") == std::string_view::npos;
}

}  // namespace

absl::StatusOr<HostList> HostList::Parse(const std::vector<std::string>& patterns) {
  if (patterns.empty() || patterns.size() > kMaxHosts) {
    return absl::InvalidArgumentError(fmt::format("hosts: expected 1 to {}, found {}", kMaxHosts, patterns.size()));
  }
  HostList list;
  for (const std::string& pattern : patterns) {
    if (pattern == kAny) return HostList();
    std::string normal = Normal(pattern);
    const std::string_view host = normal;
    if (!IsHostOrAddress(host.starts_with(kBelow) ? host.substr(kBelow.size()) : host)) {
      return absl::InvalidArgumentError(
          fmt::format("hosts: expected a host such as chat.example.com, *.example.com or 203.0.113.7, or * for any, "
                      "found \"{}\"",
                      Printable(Excerpt(pattern, 64))));
    }
    list.patterns_.push_back(std::move(normal));
  }
  return list;
}

bool HostList::Allows(std::string_view host) const {
  if (any()) return true;
  const std::string normal = Normal(host);
  return std::ranges::any_of(patterns_, [&](std::string_view pattern) {
    if (!pattern.starts_with(kBelow)) return pattern == normal;
    const std::string_view end = pattern.substr(1);  // with its dot
    return normal.size() > end.size() && normal.ends_with(end);
  });
}

std::vector<std::string> HostList::patterns() const {
  return any() ? std::vector<std::string>{std::string(kAny)} : patterns_;
}

std::string HostList::text() const { return absl::StrJoin(patterns(), ", "); }

}  // namespace wsfleet
