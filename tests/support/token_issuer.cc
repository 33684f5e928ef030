#include "tests/support/token_issuer.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "absl/strings/escaping.h"
#include "fmt/format.h"

namespace wsfleet::testing {
namespace {

constexpr std::size_t kHalf = 32;  // of a P-256 signature

EVP_PKEY* KeyOf(void* key) { return static_cast<EVP_PKEY*>(key); }

// OpenSSL does here what it is told, or the test is worth nothing.
void Must(bool done) {
  if (!done) std::abort();
}

std::string NumberOf(EVP_PKEY* key, const char* name, std::size_t size) {
  BIGNUM* number = nullptr;
  Must(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  std::string bytes(size == 0 ? static_cast<std::size_t>(BN_num_bytes(number)) : size, '\0');
  Must(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) > 0);
  BN_free(number);
  return UrlBase64(bytes);
}

// From DER to r || s.
std::string RawSignature(const std::string& der) {
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(der.size()));
  Must(signature != nullptr);
  std::string raw(2 * kHalf, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, kHalf);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + kHalf, kHalf);
  ECDSA_SIG_free(signature);
  return raw;
}

}  // namespace

void IssuerKey::Free::operator()(void* key) const { EVP_PKEY_free(KeyOf(key)); }

IssuerKey::IssuerKey(Type type, std::string id, int rsa_bits)
    : type_(type),
      id_(std::move(id)),
      key_(type == Type::kRsa ? EVP_RSA_gen(static_cast<unsigned>(rsa_bits))
                              : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")) {
  Must(key_ != nullptr);
}

std::string IssuerKey::Jwk(const std::string& more) const {
  std::string jwk;
  EVP_PKEY* key = KeyOf(key_.get());
  if (type_ == Type::kRsa) {
    jwk = fmt::format(R"("kty":"RSA","n":"{}","e":"{}")", NumberOf(key, OSSL_PKEY_PARAM_RSA_N, 0),
                      NumberOf(key, OSSL_PKEY_PARAM_RSA_E, 0));
  } else {
    jwk = fmt::format(R"("kty":"EC","crv":"P-256","x":"{}","y":"{}")", NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_X, kHalf),
                      NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_Y, kHalf));
  }
  if (!id_.empty()) jwk += fmt::format(R"(,"kid":"{}")", id_);
  return fmt::format("{{{}{}{}}}", jwk, more.empty() ? "" : ",", more);
}

std::string IssuerKey::PublicPem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  Must(PEM_write_bio_PUBKEY(bio, KeyOf(key_.get())) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string IssuerKey::Sign(std::string_view text) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  Must(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, KeyOf(key_.get())) == 1);
  Must(EVP_DigestSign(context, nullptr, &size, data, text.size()) == 1);
  std::string signature(size, '\0');
  Must(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, data, text.size()) == 1);
  signature.resize(size);
  EVP_MD_CTX_free(context);
  return type_ == Type::kRsa ? signature : RawSignature(signature);
}

std::string IssuerKey::Header() const {
  const std::string id = id_.empty() ? "" : fmt::format(R"(,"kid":"{}")", id_);
  return fmt::format(R"({{"alg":"{}","typ":"JWT"{}}})", type_ == Type::kRsa ? "RS256" : "ES256", id);
}

std::string IssuerKey::Token(const std::string& header, const std::string& claims) const {
  const std::string input = fmt::format("{}.{}", UrlBase64(header), UrlBase64(claims));
  return fmt::format("{}.{}", input, UrlBase64(Sign(input)));
}

std::string JwkSet(const std::vector<std::string>& jwks) {
  return fmt::format(R"({{"keys":[{}]}})", fmt::join(jwks, ","));
}

std::string UrlBase64(std::string_view bytes) {
  return std::string(absl::WebSafeBase64Escape({bytes.data(), bytes.size()}));
}

std::string HmacSha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

}  // namespace wsfleet::testing
