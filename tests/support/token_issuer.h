#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace wsfleet::testing {

// A key that an issuer of tokens signs with, made by OpenSSL here, and what it signs: also what no honest one would.
class IssuerKey {
 public:
  enum class Type { kRsa, kP256 };

  explicit IssuerKey(Type type, std::string id = "k1", int rsa_bits = 2048);

  // The public half as a JWK; `more` are further members, such as R"("use":"enc")".
  std::string Jwk(const std::string& more = "") const;
  std::string PublicPem() const;
  // As a JWS has it: RS256, ES256.
  std::string Sign(std::string_view text) const;
  // A JWT: header and claims are JSON.
  std::string Token(const std::string& header, const std::string& claims) const;
  // With a header that says how it is signed.
  std::string Token(const std::string& claims) const { return Token(Header(), claims); }
  std::string Header() const;

 private:
  struct Free {
    void operator()(void* key) const;
  };

  Type type_;
  std::string id_;  // empty: it has none
  std::unique_ptr<void, Free> key_;
};

// {"keys": […]} of JWKs.
std::string JwkSet(const std::vector<std::string>& jwks);

// base64url without padding.
std::string UrlBase64(std::string_view bytes);
// HMAC with SHA-256.
std::string HmacSha256(std::string_view key, std::string_view text);

}  // namespace wsfleet::testing
