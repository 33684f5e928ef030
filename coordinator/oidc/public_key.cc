#include "coordinator/oidc/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <utility>

#include "core/base/free.h"
#include "fmt/format.h"

namespace wsfleet::oidc {
namespace {

constexpr std::size_t kCoordinateBytes = 32;  // of P-256, and of each half of its signatures
constexpr std::size_t kMaxExponentBytes = 4;  // 65537 everywhere; a huge one makes checking slow

using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Free<BN_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

const unsigned char* BytesOf(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

BigNumber BigNumberOf(std::string_view bytes) {
  return BigNumber(BN_bin2bn(BytesOf(bytes), static_cast<int>(bytes.size()), nullptr));
}

// Null: these are no key of the type.
Key KeyFrom(const char* type, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return Key(key);
}

// From r || s to DER, which OpenSSL reads. Empty: no signature of P-256.
std::string DerSignature(std::string_view raw) {
  if (raw.size() != 2 * kCoordinateBytes) return {};
  const EcdsaSignature signature(ECDSA_SIG_new());
  BigNumber r = BigNumberOf(raw.substr(0, kCoordinateBytes)), s = BigNumberOf(raw.substr(kCoordinateBytes));
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(signature.get(), &der);
  if (length <= 0) return {};
  std::string text(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return text;
}

}  // namespace

std::string_view AlgorithmName(Algorithm algorithm) { return algorithm == Algorithm::kRs256 ? "RS256" : "ES256"; }

std::optional<Algorithm> ParseAlgorithm(std::string_view name) {
  if (name == "RS256") return Algorithm::kRs256;
  if (name == "ES256") return Algorithm::kEs256;
  return std::nullopt;
}

absl::StatusOr<PublicKey> PublicKey::Make(std::shared_ptr<EVP_PKEY> made, Algorithm algorithm) {
  PublicKey key;
  key.key_ = std::move(made);
  key.algorithm_ = algorithm;
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key.key_.get(), &der);
  if (length <= 0) return absl::InvalidArgumentError("it cannot be encoded");
  key.thumbprint_.resize(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  EVP_Digest(der, static_cast<std::size_t>(length), reinterpret_cast<unsigned char*>(key.thumbprint_.data()), &size,
             EVP_sha256(), nullptr);
  key.thumbprint_.resize(size);
  OPENSSL_free(der);
  return key;
}

absl::StatusOr<PublicKey> PublicKey::Rsa(std::string_view modulus, std::string_view exponent) {
  const BigNumber n = BigNumberOf(modulus.substr(0, kMaxRsaBits / 8 + 1)), e = BigNumberOf(exponent.substr(0, 64));
  if (!n || !e) return absl::ResourceExhaustedError("no memory for a key");
  const int bits = BN_num_bits(n.get());
  if (bits < kMinRsaBits || modulus.size() > kMaxRsaBits / 8) {
    return absl::InvalidArgumentError(fmt::format("RSA of {} bits, expected {} to {}", bits, kMinRsaBits, kMaxRsaBits));
  }
  if (exponent.size() > kMaxExponentBytes || BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) == 1 ||
      BN_is_odd(n.get()) == 0) {
    return absl::InvalidArgumentError("RSA with a modulus or an exponent that no key has; 65537 is usual");
  }
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  Key key;
  if (builder && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1) {
    key = KeyFrom("RSA", builder.get());
  }
  if (!key) return absl::InvalidArgumentError("no RSA key");
  return Make(std::move(key), Algorithm::kRs256);
}

absl::StatusOr<PublicKey> PublicKey::P256(std::string_view x, std::string_view y) {
  if (x.size() != kCoordinateBytes || y.size() != kCoordinateBytes) {
    return absl::InvalidArgumentError(fmt::format("P-256 with coordinates of {} and {} bytes, expected {} each",
                                                  x.size(), y.size(), kCoordinateBytes));
  }
  const std::string point = fmt::format("\x04{}{}", x, y);  // uncompressed (SEC 1, 2.3.3)
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  Key key;
  if (builder && OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1) {
    key = KeyFrom("EC", builder.get());
  }
  const KeyContext context(key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr) : nullptr);
  if (!context || EVP_PKEY_public_check(context.get()) != 1) {
    return absl::InvalidArgumentError("P-256 with a point that is not on the curve");
  }
  return Make(std::move(key), Algorithm::kEs256);
}

bool PublicKey::HasSigned(std::string_view text, std::string_view signature) const {
  const std::string der = algorithm_ == Algorithm::kEs256 ? DerSignature(signature) : std::string(signature);
  const DigestContext context(EVP_MD_CTX_new());
  if (der.empty() || !context) return false;
  EVP_PKEY_CTX* parameters = nullptr;  // the digest's
  if (EVP_DigestVerifyInit(context.get(), &parameters, EVP_sha256(), nullptr, key_.get()) != 1) return false;
  if (algorithm_ == Algorithm::kRs256 && EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PADDING) != 1) return false;
  return EVP_DigestVerify(context.get(), BytesOf(der), der.size(), BytesOf(text), text.size()) == 1;
}

}  // namespace wsfleet::oidc
