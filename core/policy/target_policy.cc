#include "core/policy/target_policy.h"

#include <algorithm>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace wsfleet {
namespace {

std::string PlaceText(const TargetHost& host, std::uint16_t port) {
  const bool v6 = host.name.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", host.name, port) : fmt::format("{}:{}", host.name, port);
}

std::string HowItIsMeant(const TargetHost& host, const IpAddress& address, const SpecialPart& part) {
  const std::string written =
      host.address ? std::string("it") : fmt::format("it resolves to {}, which", address.text());
  return part.address == address
             ? fmt::format("{} is {}", written, AddressKindText(part.kind))
             : fmt::format("{} leads to {}, which is {}", written, part.address.text(), AddressKindText(part.kind));
}

absl::Status Refused(std::string_view whose, const TargetHost& host, std::uint16_t port, std::string_view why) {
  return absl::PermissionDeniedError(fmt::format("target {} is refused by {}: {}", PlaceText(host, port), whose, why));
}

// Whether the entry is for this address, or a range of it holds the part.
bool Permits(const AllowedTarget& entry, const IpAddress& address, const SpecialPart& part) {
  if (IpAddress::Parse(entry.host) == address) return true;
  return std::ranges::any_of(entry.special_addresses,
                             [&](const AddressRange& range) { return range.Contains(part.address); });
}

// The entries that name the host; `at_port`: of these, those that are for the port.
struct EntriesFor {
  std::vector<const AllowedTarget*> all, at_port;
};
EntriesFor Find(const TargetPolicy& policy, const TargetHost& host, std::uint16_t port) {
  EntriesFor found;
  for (const AllowedTarget& entry : policy.allowed) {
    if (!MatchesHost(entry.host, host)) continue;
    found.all.push_back(&entry);
    if (std::ranges::find(entry.ports, port) != entry.ports.end()) found.at_port.push_back(&entry);
  }
  return found;
}

std::string WhyNotNamed(const TargetPolicy& policy, const EntriesFor& found) {
  if (policy.allowed.empty()) return "it allows no target yet";
  if (found.all.empty()) return fmt::format("none of its {} entries names it", policy.allowed.size());
  return fmt::format("its entry {} is for port {}", found.all.front()->host, fmt::join(found.all.front()->ports, ", "));
}

}  // namespace

absl::Status CheckTarget(const TargetPolicy& policy, std::string_view whose, const TargetHost& host,
                         std::uint16_t port) {
  if (host.address) return CheckAddress(policy, whose, host, port, *host.address);
  if (policy.any) return absl::OkStatus();
  const EntriesFor found = Find(policy, host, port);
  return found.at_port.empty() ? Refused(whose, host, port, WhyNotNamed(policy, found)) : absl::OkStatus();
}

absl::Status CheckAddress(const TargetPolicy& policy, std::string_view whose, const TargetHost& host,
                          std::uint16_t port, const IpAddress& address) {
  const std::vector<SpecialPart> parts = SpecialParts(address);
  if (!parts.empty() && parts.front().kind == AddressKind::kMetadata) {
    return absl::PermissionDeniedError(fmt::format("target {} is refused: {}; no agent may be led there",
                                                   PlaceText(host, port), HowItIsMeant(host, address, parts.front())));
  }
  if (policy.any) return absl::OkStatus();
  const EntriesFor found = Find(policy, host, port);
  if (found.at_port.empty()) return Refused(whose, host, port, WhyNotNamed(policy, found));
  std::string why;
  for (const AllowedTarget* entry : found.at_port) {
    const auto part = std::ranges::find_if(parts, [&](const auto& one) { return !Permits(*entry, address, one); });
    if (part == parts.end()) return absl::OkStatus();
    why = fmt::format("{}, and its entry {} has no range for it under special_addresses",
                      HowItIsMeant(host, address, *part), entry->host);
  }
  return Refused(whose, host, port, why);
}

}  // namespace wsfleet
