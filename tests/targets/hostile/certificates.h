#pragma once

#include <memory>
#include <string>

#include "boost/asio/ssl/context.hpp"
#include "tests/targets/hostile/fault.h"

namespace wsfleet::hostile {

// Authorities and the certificates that they issue, made anew for each object, for the address 127.0.0.1. Not
// thread-safe.
class Certificates {
 public:
  Certificates();
  ~Certificates();

  // What a client should trust.
  std::string authority_pem() const;
  // A server's settings with the certificate, or the weakness, that `tls` names.
  std::shared_ptr<boost::asio::ssl::context> ContextFor(Tls tls) const;

 private:
  struct Authorities;
  std::unique_ptr<Authorities> authorities_;
};

}  // namespace wsfleet::hostile
