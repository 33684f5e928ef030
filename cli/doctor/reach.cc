#include "cli/doctor/reach.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Diagnosis Unreachable(const std::string& address, std::string found, std::string next) {
  return {Health::kFail, "network", fmt::format("{}: {}", Printable(address), found), std::move(next),
          kInconclusiveCode};
}

// Empty: connected. Otherwise why not.
std::string TryToConnect(const addrinfo& where, absl::Duration limit) {
  const int descriptor = socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return std::strerror(errno);
  int error = connect(descriptor, where.ai_addr, where.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd writable{descriptor, POLLOUT, 0};
    socklen_t size = sizeof(error);
    const int ready = poll(&writable, 1, static_cast<int>(absl::ToInt64Milliseconds(limit)));
    if (ready == 1) getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    if (ready != 1) error = ETIMEDOUT;
  }
  close(descriptor);
  return error == 0 ? std::string() : std::string(std::strerror(error));
}

std::string TextOf(const addrinfo& where) {
  std::array<char, NI_MAXHOST> host{};
  getnameinfo(where.ai_addr, where.ai_addrlen, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST);
  return host.data();
}

}  // namespace

Diagnosis CheckReachable(const std::string& address, absl::Duration limit) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size()) {
    return {Health::kFail, "network", fmt::format("expected host:port, found \"{}\"", Printable(address)),
            "correct --coordinator, WSFLEET_COORDINATOR or the context", kUsageCode};
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints, &list);
  const Addresses addresses(list, &freeaddrinfo);
  if (code != 0) {
    return Unreachable(address, fmt::format("the name has no address: {}", gai_strerror(code)),
                       "is the name spelt right, and does this machine's DNS know it?");
  }
  std::string tried;
  for (const addrinfo* each = addresses.get(); each != nullptr; each = each->ai_next) {
    const std::string why = TryToConnect(*each, limit);
    if (why.empty())
      return {Health::kOk, "network", fmt::format("{}: TCP to {}", address, TextOf(*each)), "", kPassedCode};
    tried += fmt::format("{}{}: {}", tried.empty() ? "" : ", ", TextOf(*each), why);
  }
  return Unreachable(address, tried,
                     "does wsfleet-coordinator run there (--client-listen), and does a firewall let you through?");
}

}  // namespace wsfleet::cli
