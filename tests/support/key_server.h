#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::testing {

// Serves the keys of an issuer over HTTPS on loopback: a real server (Python's), with a certificate that nobody else
// trusts.
class KeyServer {
 public:
  explicit KeyServer(const std::string& keys);

  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_) + "/keys"; }
  std::string ca_file() const { return File("server.pem"); }
  // From the next request on.
  void Serve(const std::string& keys) const;
  // Requests so far.
  std::size_t requests() const;
  void Stop();
  // Again on the same port.
  void Start();

 private:
  std::string File(const std::string& name) const { return (directory_.path() / name).string(); }

  TemporaryDirectory directory_;
  int port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace wsfleet::testing
