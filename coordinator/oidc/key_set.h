#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/oidc/public_key.h"

namespace wsfleet::oidc {

// The keys that an issuer signs with: a JWK set (RFC 7517). Immutable.
class KeySet {
 public:
  static constexpr std::size_t kMaxBytes = 256 << 10;
  static constexpr std::size_t kMaxKeys = 100;

  // What is for other uses, types or algorithms is passed over, as RFC 7517, 5 wants it. INVALID_ARGUMENT: it is no key
  // set; two of its keys cannot be told apart; one of them is private; or nothing is left.
  static absl::StatusOr<KeySet> Parse(std::string_view json);

  // The key for a token with this header. NOT_FOUND: it has none of this id. UNAUTHENTICATED, going on after "found a
  // JWT ": none, for a token without an id, because there are several; or it is for another algorithm.
  absl::StatusOr<PublicKey> Find(Algorithm algorithm, const std::optional<std::string>& key_id) const;
  bool Contains(std::string_view thumbprint) const;

  std::size_t size() const { return keys_.size(); }
  // What is wrong with those that were passed over, for the log.
  const std::vector<std::string>& passed_over() const { return passed_over_; }

 private:
  struct Entry {
    std::optional<std::string> id;
    PublicKey key;
  };
  std::vector<Entry> keys_;
  std::vector<std::string> passed_over_;
};

}  // namespace wsfleet::oidc
