#include "coordinator/rpc/client_token.h"

#include <openssl/crypto.h>

#include <string_view>

namespace wsfleet::coordinator {

grpc::Status ClientToken::Check(const grpc::CallbackServerContext& context) const {
  if (token_.empty()) return grpc::Status::OK;
  constexpr std::string_view kScheme = "Bearer ";
  const auto found = context.client_metadata().find("authorization");
  if (found != context.client_metadata().end()) {
    const std::string_view value(found->second.data(), found->second.size());
    const std::string_view given = value.starts_with(kScheme) ? value.substr(kScheme.size()) : std::string_view();
    // In constant time: how long a refusal takes must not tell how much of a guess was right.
    if (given.size() == token_.size() && CRYPTO_memcmp(given.data(), token_.data(), token_.size()) == 0) {
      return grpc::Status::OK;
    }
  }
  return {grpc::StatusCode::UNAUTHENTICATED,
          "expected the token of this coordinator in \"authorization: Bearer …\"; check the token file"};
}

}  // namespace wsfleet::coordinator
