#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/targets/hostile/fault.h"

namespace wsfleet::hostile {

// Commits faults on 127.0.0.1, on a thread of its own. Thread-safe. At the end of its life it cuts every connection.
//
// /fault/NAME on the shared ports commits what comes after a request's head, /healthy does nothing wrong; for any other
// path, 404. What comes before has ports of its own.
class Server {
 public:
  // Listens. Port 0: a free one. Throws if the port is taken.
  explicit Server(std::uint16_t port = 0);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The origin at which the fault waits: "ws://127.0.0.1:4711". Opens a port for it if it needs one of its own.
  std::string Start(const Fault& fault);

  std::string url() const;      // "ws://127.0.0.1:4711"
  std::string tls_url() const;  // "wss://127.0.0.1:4712", with a certificate of the authority
  std::string authority_pem() const;
  // How many connections were accepted.
  std::uint64_t connections() const;

 private:
  class Ports;
  std::unique_ptr<Ports> ports_;
};

}  // namespace wsfleet::hostile
