#include "agent/engine/target_guard.h"

#include <algorithm>
#include <array>

namespace wsfleet::engine {

namespace ip = boost::asio::ip;

bool IsMetadataAddress(const ip::address& address) {
  static const std::array<ip::address, 8> kAddresses{
      ip::make_address("169.254.169.254"), ip::make_address("169.254.170.2"), ip::make_address("169.254.170.23"),
      ip::make_address("100.100.100.200"), ip::make_address("192.0.0.192"),   ip::make_address("fd00:ec2::254"),
      ip::make_address("fd00:ec2::23"),    ip::make_address("fd20:ce::254"),
  };
  ip::address plain = address;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    plain = ip::make_address_v4(ip::v4_mapped, address.to_v6());
  } else if (address.is_v6()) {
    ip::address_v6 without_zone = address.to_v6();
    without_zone.scope_id(0);
    plain = without_zone;
  }
  return std::ranges::find(kAddresses, plain) != kAddresses.end();
}

}  // namespace wsfleet::engine
