#pragma once

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace wsfleet::oidc {

// How tokens may be signed (RFC 7518, 3.1). Nothing else is taken: no "none", and nothing with a shared secret, for
// which somebody might take a public key.
enum class Algorithm {
  kRs256,  // RSA, PKCS #1 1.5, SHA-256
  kEs256,  // ECDSA over P-256, SHA-256
};
std::string_view AlgorithmName(Algorithm algorithm);  // "RS256"
std::optional<Algorithm> ParseAlgorithm(std::string_view name);

// What checks signatures of one algorithm. Copies share the key. Immutable, so any thread.
class PublicKey {
 public:
  static constexpr int kMinRsaBits = 2048;
  static constexpr int kMaxRsaBits = 8192;  // checking takes longer with each bit

  // Of big-endian numbers (RFC 7518, 6.3.1, 6.2.1). INVALID_ARGUMENT: with what is wrong with it.
  static absl::StatusOr<PublicKey> Rsa(std::string_view modulus, std::string_view exponent);
  static absl::StatusOr<PublicKey> P256(std::string_view x, std::string_view y);

  // The only one that it is good for.
  Algorithm algorithm() const { return algorithm_; }
  // SHA-256 of the key, to know it again by.
  const std::string& thumbprint() const { return thumbprint_; }

  // `signature` as a JWS has it (RFC 7515; of ECDSA: r and s, 32 bytes each).
  bool HasSigned(std::string_view text, std::string_view signature) const;

 private:
  static absl::StatusOr<PublicKey> Make(std::shared_ptr<EVP_PKEY> made, Algorithm algorithm);

  std::shared_ptr<EVP_PKEY> key_;
  Algorithm algorithm_ = Algorithm::kRs256;
  std::string thumbprint_;
};

}  // namespace wsfleet::oidc
