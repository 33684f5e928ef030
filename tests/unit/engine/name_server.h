#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/udp.hpp"

namespace wsfleet::testing {

// A name server of its own on loopback that knows what a test tells it (RFC 1035, 4).
class NameServer {
 public:
  struct Answer {
    std::vector<std::string> v4, v6;         // addresses; none of a family: no data
    std::vector<std::string> v4_later = {};  // if not empty, from the second question on
    int code = 0;                            // RCODE: 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED
    bool silent_v4 = false, silent_v6 = false;
  };
  // What it does not know does not exist.
  explicit NameServer(std::map<std::string, Answer> names);
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void Serve();

  std::map<std::string, Answer> names_;
  boost::asio::io_context context_;
  boost::asio::ip::udp::socket socket_;
  std::uint16_t port_;
  std::thread thread_;
};

}  // namespace wsfleet::testing
