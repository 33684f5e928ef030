#include "core/base/agent_name.h"

#include <array>
#include <cstddef>
#include <vector>

#include "core/base/identifier.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxPoolBytes = 63;
constexpr std::array<std::string_view, 4> kKinds = {"fleet", "region", "pool", "instance"};

// SPIFFE-ID, section 2.2: a segment of a path is neither empty nor relative.
bool IsSegment(std::string_view text) { return IsIdentifier(text) && text != "." && text != ".."; }

std::vector<std::string_view> SplitPath(std::string_view path) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

bool IsPoolName(std::string_view text) {
  return IsIdentifier(text) && text.size() <= kMaxPoolBytes && text.find('.') == std::string_view::npos;
}

bool IsInstanceOf(const PoolName& pool, std::string_view instance) {
  return IsSegment(instance) && IsIdentifier(AgentIdOf(pool, instance).value());
}

AgentId AgentIdOf(const PoolName& pool, std::string_view instance) {
  return AgentId(fmt::format("{}.{}", pool.value(), instance));
}

std::string AgentUri(const AgentName& name) {
  std::string uri = fmt::format("{}fleet/{}/region/{}/pool/{}", kAgentUriScheme, name.fleet.value(),
                                name.region.value(), name.pool.value());
  if (!name.instance.empty()) uri += "/instance/" + name.instance;
  return uri;
}

absl::StatusOr<AgentName> ParseAgentUri(std::string_view uri) {
  const auto wrong = [uri] {
    return absl::InvalidArgumentError(
        fmt::format("expected spiffe://wsfleet/fleet/F/region/R/pool/P/instance/I, with or without the last two, found "
                    "\"{}\"",
                    uri.substr(0, 512)));
  };
  if (!uri.starts_with(kAgentUriScheme)) return wrong();
  const std::vector<std::string_view> parts = SplitPath(uri.substr(kAgentUriScheme.size()));
  if (parts.size() != 6 && parts.size() != 8) return wrong();
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    if (parts[i] != kKinds[i / 2] || !IsSegment(parts[i + 1])) return wrong();
  }
  AgentName name;
  name.fleet = FleetName(std::string(parts[1]));
  name.region = RegionName(std::string(parts[3]));
  name.pool = PoolName(std::string(parts[5]));
  if (parts.size() == 8) name.instance = parts[7];
  const bool fits = name.instance.empty() || IsInstanceOf(name.pool, name.instance);
  return IsPoolName(name.pool.value()) && fits ? absl::StatusOr<AgentName>(std::move(name)) : wrong();
}

}  // namespace wsfleet
