#include "agent/engine/jwt.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "core/base/free.h"
#include "core/base/text.h"
#include "core/value/json_text.h"
#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

// The last three digits of an algorithm's name are the bits of its digest (RFC 7518, 3.1).
const EVP_MD* DigestOf(const Credential& credential) {
  if (credential.algorithm.ends_with("384")) return EVP_sha384();
  if (credential.algorithm.ends_with("512")) return EVP_sha512();
  return EVP_sha256();
}

bool IsEcdsa(const Credential& credential) { return credential.algorithm.starts_with("ES"); }

// Bits of the curve that goes with an algorithm (RFC 7518, 3.4): ES512 is over P-521.
int CurveBits(const Credential& credential) {
  if (credential.algorithm == "ES384") return 384;
  return credential.algorithm == "ES512" ? 521 : 256;
}

absl::StatusOr<Key> ReadKey(const Credential& credential, const std::string& pem) {
  std::unique_ptr<BIO, Free<BIO_free>> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key)
    return absl::InvalidArgumentError(fmt::format("credential \"{}\": the key is no PEM private key", credential.name));
  const int wanted = IsEcdsa(credential) ? EVP_PKEY_EC : EVP_PKEY_RSA;
  if (EVP_PKEY_base_id(key.get()) != wanted ||
      (IsEcdsa(credential) && EVP_PKEY_bits(key.get()) != CurveBits(credential))) {
    return absl::InvalidArgumentError(
        fmt::format("credential \"{}\": the key does not fit {}", credential.name, credential.algorithm));
  }
  return key;
}

// From DER to r || s, each as long as the curve's order (RFC 7518, 3.4).
std::string RawSignature(const std::string& der, int curve_bits) {
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>> signature(
      d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(der.size())));
  const int length = (curve_bits + 7) / 8;
  std::string raw(2 * static_cast<std::size_t>(length), '\0');
  if (!signature) return {};
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, length);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + length, length);
  return raw;
}

absl::StatusOr<std::string> SignWithKey(const Credential& credential, const std::string& pem,
                                        const std::string& input) {
  auto key = ReadKey(credential, pem);
  if (!key.ok()) return key.status();
  std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  std::size_t length = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(input.data());
  bool good = EVP_DigestSignInit(context.get(), nullptr, DigestOf(credential), nullptr, key->get()) == 1 &&
              EVP_DigestSign(context.get(), nullptr, &length, data, input.size()) == 1;
  std::string signature(length, '\0');
  good = good && EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length, data,
                                input.size()) == 1;
  if (!good) return absl::InternalError(fmt::format("credential \"{}\": signing failed", credential.name));
  signature.resize(length);
  return IsEcdsa(credential) ? RawSignature(signature, CurveBits(credential)) : signature;
}

absl::StatusOr<std::string> Sign(const Credential& credential, const std::string& key, const std::string& input) {
  if (!credential.algorithm.starts_with("HS")) return SignWithKey(credential, key, input);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  HMAC(DigestOf(credential), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(input.data()), input.size(), digest, &length);
  return std::string(reinterpret_cast<const char*>(digest), length);
}

absl::StatusOr<boost::json::object> Claims(const Credential& credential, const Scope& scope, absl::Time now) {
  boost::json::object claims;
  claims["iat"] = absl::ToUnixSeconds(now);
  claims["exp"] = absl::ToUnixSeconds(now + credential.ttl);
  if (credential.not_before) claims["nbf"] = absl::ToUnixSeconds(now + *credential.not_before);
  for (const auto& [name, value] : credential.claims) {
    auto expanded = Expand(value, scope);
    if (!expanded.ok()) return expanded.status();
    if (expanded->is_null()) {
      claims.erase(name);
    } else {
      claims[name] = *std::move(expanded);
    }
  }
  return claims;
}

}  // namespace

std::string Base64Url(std::string_view bytes) { return absl::WebSafeBase64Escape(ToAbsl(bytes)); }

absl::StatusOr<std::string> MintToken(const Credential& credential, const Scope& scope, absl::Time now) {
  if (!credential.is_jwt) return ExpandText(credential.token, scope);
  auto key = ExpandText(credential.key, scope);
  if (!key.ok()) return key.status();
  auto claims = Claims(credential, scope, now);
  if (!claims.ok()) return claims.status();
  boost::json::object header{{"alg", credential.tamper == Tamper::kAlgNone ? "none" : credential.algorithm},
                             {"typ", "JWT"}};
  if (!credential.key_id.empty()) {
    auto key_id = ExpandText(credential.key_id, scope);
    if (!key_id.ok()) return key_id.status();
    header["kid"] = *key_id;
  }
  const std::string head = Base64Url(CompactJson(header));
  std::string payload = Base64Url(CompactJson(*claims));
  const std::string input = fmt::format("{}.{}", head, payload);
  if (credential.tamper == Tamper::kAlgNone) return input + ".";
  auto signature = Sign(credential, *key, input);
  if (!signature.ok()) return signature.status();
  if (credential.tamper == Tamper::kSignature) (*signature)[0] = static_cast<char>((*signature)[0] ^ 0x01);
  if (credential.tamper == Tamper::kPayload) {
    (*claims)["iat"] = absl::ToUnixSeconds(now) - 1;
    payload = Base64Url(CompactJson(*claims));
  }
  if (credential.tamper == Tamper::kTruncate) return input;
  return fmt::format("{}.{}.{}", head, payload, Base64Url(*signature));
}

std::string FormatToken(const Credential& credential, std::string_view token) {
  return absl::StrReplaceAll(credential.format,
                             {{"{token_base64url}", Base64Url(token)}, {"{token}", std::string(token)}});
}

}  // namespace wsfleet::engine
