#include "coordinator/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "fmt/format.h"

namespace wsfleet::coordinator {

absl::Status NotifyReady(const std::string& socket_name) {
  constexpr std::string_view kReady = "READY=1";
  if (socket_name.empty()) return absl::OkStatus();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_name.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(fmt::format("NOTIFY_SOCKET: expected at most {} bytes, found {}",
                                                  sizeof(address.sun_path) - 1, socket_name.size()));
  }
  std::ranges::copy(socket_name, address.sun_path);
  if (socket_name.front() == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_name.size());
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const ssize_t sent = socket < 0 ? -1
                                  : sendto(socket, kReady.data(), kReady.size(), MSG_NOSIGNAL,
                                           reinterpret_cast<const sockaddr*>(&address), length);
  const int error = errno;
  if (socket >= 0) close(socket);
  if (sent == static_cast<ssize_t>(kReady.size())) return absl::OkStatus();
  return absl::UnavailableError(
      fmt::format("the service manager was not told: NOTIFY_SOCKET {}: {}", socket_name, std::strerror(error)));
}

}  // namespace wsfleet::coordinator
