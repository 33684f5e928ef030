#include "core/policy/loopback.h"

#include <algorithm>

#include "core/policy/address.h"

namespace wsfleet {

bool IsLoopbackHost(std::string_view host) {
  if (host == "localhost") return true;
  const auto address = IpAddress::Parse(host);
  if (!address || host.find('%') != std::string_view::npos) return false;
  return std::ranges::any_of(SpecialParts(*address), [&](const SpecialPart& part) {
    return part.address == *address && part.kind == AddressKind::kLoopback;
  });
}

bool IsLoopback(std::string_view address) {
  std::string_view host = address.substr(0, address.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return IsLoopbackHost(host);
}

}  // namespace wsfleet
