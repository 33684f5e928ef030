#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"

namespace wsfleet::testing {

// A long path on one machine: passes TCP connections on to an address and holds every byte up for so long, each way. It
// keeps the order, and at most kMaxHeldBytes of each way of a connection; who sends more waits. Loopback only.
class LatencyProxy {
 public:
  static constexpr std::size_t kMaxHeldBytes = 4 << 20;

  // `upstream`: "127.0.0.1:7420". Serves until the end of its life.
  LatencyProxy(const std::string& upstream, absl::Duration each_way);
  ~LatencyProxy();

  const std::string& address() const { return address_; }

 private:
  class Server;
  std::unique_ptr<Server> server_;
  std::string address_;
};

}  // namespace wsfleet::testing
