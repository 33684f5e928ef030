#include "core/secret/host_list.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "core/base/text.h"
#include "core/policy/host_pattern.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::string_view kAny = "*";

}  // namespace

absl::StatusOr<HostList> HostList::Parse(const std::vector<std::string>& patterns) {
  if (patterns.empty() || patterns.size() > kMaxHosts) {
    return absl::InvalidArgumentError(fmt::format("hosts: expected 1 to {}, found {}", kMaxHosts, patterns.size()));
  }
  HostList list;
  for (const std::string& pattern : patterns) {
    if (pattern == kAny) return HostList();
    auto host = ReadHostPattern(pattern);
    if (!host.ok()) {
      return absl::InvalidArgumentError(fmt::format("hosts: {}; * is for any host", ToStd(host.status().message())));
    }
    list.patterns_.push_back(*std::move(host));
  }
  return list;
}

bool HostList::Allows(std::string_view host) const {
  if (any()) return true;
  const auto read = ReadTargetHost(host);
  return read.ok() &&
         std::ranges::any_of(patterns_, [&](std::string_view pattern) { return MatchesHost(pattern, *read); });
}

std::vector<std::string> HostList::patterns() const {
  return any() ? std::vector<std::string>{std::string(kAny)} : patterns_;
}

std::string HostList::text() const { return absl::StrJoin(patterns(), ", "); }

}  // namespace wsfleet
