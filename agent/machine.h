#pragma once

#include <map>
#include <string>

namespace wsfleet::agent {

// What an agent says of its machine when nobody says otherwise: arch, os; ipv6 ("true" where there is a route to the
// public IPv6 network); source_addresses, how many its connections can come from. Sends nothing.
std::map<std::string, std::string, std::less<>> MachineLabels();

}  // namespace wsfleet::agent
