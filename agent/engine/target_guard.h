#pragma once

#include "boost/asio/ip/address.hpp"

namespace wsfleet::engine {

// Whether instances of a cloud read their credentials at this address: AWS, Azure and Google (169.254.169.254,
// fd00:ec2::254), AWS containers (169.254.170.2, 169.254.170.23, fd00:ec2::23), Alibaba (100.100.100.200), Oracle
// (192.0.0.192). No agent may be led there by a suite; IPv4 addresses inside of IPv6 are seen through. Pure.
bool IsMetadataAddress(const boost::asio::ip::address& address);

}  // namespace wsfleet::engine
