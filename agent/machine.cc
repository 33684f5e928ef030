#include "agent/machine.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace wsfleet::agent {
namespace {

// Connecting a datagram socket asks the kernel for a route, and no more.
bool HasRouteToIpv6() {
  const int socket = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  sockaddr_in6 anywhere{};
  anywhere.sin6_family = AF_INET6;
  anywhere.sin6_port = htons(443);
  inet_pton(AF_INET6, "2000::1", &anywhere.sin6_addr);  // global unicast begins here (RFC 4291, 2.4)
  const bool routed = ::connect(socket, reinterpret_cast<const sockaddr*>(&anywhere), sizeof(anywhere)) == 0;
  ::close(socket);
  return routed;
}

}  // namespace

std::map<std::string, std::string, std::less<>> MachineLabels() {
  utsname machine{};
  uname(&machine);
  // Connections come from the address that the kernel chooses.
  return {{"arch", machine.machine},
          {"os", "linux"},
          {"ipv6", HasRouteToIpv6() ? "true" : "false"},
          {"source_addresses", "1"}};
}

}  // namespace wsfleet::agent
