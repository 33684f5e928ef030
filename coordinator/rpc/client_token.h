#pragma once

#include <string>
#include <utility>

#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"

namespace wsfleet::coordinator {

// The one place where a client's right to call is checked. Immutable; thread-safe.
class ClientToken {
 public:
  // Empty: clients need no token.
  explicit ClientToken(std::string token) : token_(std::move(token)) {}

  // UNAUTHENTICATED unless the call carries "authorization: Bearer <token>" (RFC 6750, section 2.1).
  grpc::Status Check(const grpc::CallbackServerContext& context) const;

 private:
  std::string token_;
};

}  // namespace wsfleet::coordinator
