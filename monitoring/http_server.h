#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

// HTTP/1.1 for probes and scrapers: GET and HEAD, no TLS, no body, one request for each connection. With the engine's
// transport.cc, http_server.cc is the only file that instantiates Boost.Beast.
namespace wsfleet::monitoring {

struct HttpReply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

struct HttpLimits {
  std::size_t connections = 64;  // at once; a further one ends the oldest
  std::uint32_t head_bytes = 8 * 1024;
  absl::Duration request = absl::Seconds(5);  // from the connection until its request is complete
  absl::Duration answer = absl::Seconds(2);   // until the program has answered
  absl::Duration reply = absl::Seconds(10);   // until the client has taken it
};

// Empty: "host:port", with brackets around an IPv6 address; port 0: any. Otherwise what is wrong with it.
std::string CheckListenAddress(const std::string& address);

// Serves on a thread of its own.
class HttpServer {
 public:
  // Takes the reply; any thread, at most once, at any time, even after the server is gone.
  using Answer = std::function<void(HttpReply)>;
  // What is sent if no answer comes in time.
  using Late = std::function<HttpReply()>;
  // Called with the path, without its query, on the server's thread, as is what it returns. Must not block.
  using Handler = std::function<Late(std::string_view path, Answer answer)>;

  // INVALID_ARGUMENT, FAILED_PRECONDITION: the address is none, or cannot be listened on.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& address, Handler handler,
                                                           HttpLimits limits = {});
  // Ends every connection.
  ~HttpServer();

  // With the port that was bound.
  const std::string& address() const { return address_; }

 private:
  class Loop;
  HttpServer(std::shared_ptr<Loop> loop, std::string address) : loop_(std::move(loop)), address_(std::move(address)) {}

  std::shared_ptr<Loop> loop_;
  std::string address_;
};

}  // namespace wsfleet::monitoring
