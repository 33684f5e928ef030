#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "arpa/inet.h"
#include "monitoring/http_server.h"
#include "netinet/in.h"

// Any bytes to the port for probes and metrics, which anybody in the network may reach: each connection ends, with an
// answer of HTTP or none, and the handler sees paths that are within the limit.
namespace {

using wsfleet::monitoring::HttpLimits;
using wsfleet::monitoring::HttpReply;
using wsfleet::monitoring::HttpServer;

const HttpServer& Server() {
  static const std::unique_ptr<HttpServer> server = [] {
    HttpLimits limits;
    limits.request = absl::Milliseconds(200);
    auto started = HttpServer::Start(
        "127.0.0.1:0",
        [](std::string_view path, const HttpServer::Answer& answer) {
          if (!path.starts_with('/') || path.size() > HttpLimits().head_bytes) std::abort();
          answer({200, "text/plain", "here"});
          return [] { return HttpReply{503, "text/plain", "late"}; };
        },
        limits);
    if (!started.ok()) std::abort();
    return *std::move(started);
  }();
  return *server;
}

int Connect(const std::string& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) std::abort();
  return socket;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int socket = Connect(Server().address());
  for (std::size_t sent = 0; sent < size;) {
    const ssize_t count = ::send(socket, data + sent, size - sent, MSG_NOSIGNAL);
    if (count <= 0) break;  // the server has heard enough
    sent += static_cast<std::size_t>(count);
  }
  ::shutdown(socket, SHUT_WR);
  std::string reply;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = ::recv(socket, buffer.data(), buffer.size(), 0)) > 0;) {
    reply.append(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(socket);
  if (!reply.empty() && !reply.starts_with("HTTP/1.")) std::abort();
  return 0;
}
