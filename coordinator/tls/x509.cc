#include "coordinator/tls/x509.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>

#include "absl/strings/escaping.h"
#include "fmt/format.h"

namespace wsfleet::coordinator::x509 {
namespace {

using Memory = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using Request = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;

bool AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool SetSerial(X509* certificate) {
  std::array<unsigned char, 16> serial{};
  if (RAND_bytes(serial.data(), static_cast<int>(serial.size())) != 1) return false;
  serial[0] &= 0x7f;  // a serial number is positive (RFC 5280, section 4.1.2.2)
  BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
  return true;
}

std::string Content(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Memory Reader(std::string_view pem) { return Memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? absl::FromTimeT(timegm(&parts)) : absl::InfinitePast();
}

std::string Sha256Hex(const unsigned char* data, std::size_t size) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(data, size, reinterpret_cast<unsigned char*>(digest.data()));
  return absl::BytesToHexString(digest);
}

bool IsStrong(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
      return true;
    case EVP_PKEY_RSA:
      return EVP_PKEY_get_bits(key) >= kMinRsaBits && EVP_PKEY_get_bits(key) <= kMaxRsaBits;
    case EVP_PKEY_EC: {
      std::array<char, 64> group{};
      if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return false;
      const int curve = OBJ_txt2nid(group.data());
      return curve == NID_X9_62_prime256v1 || curve == NID_secp384r1;
    }
    default:
      return false;
  }
}

}  // namespace

// What EVP_EC_gen() stands for; that macro casts const away.
Key NewKey() { return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")); }

Certificate Issue(EVP_PKEY* key, const Profile& profile, const Identity* issuer, const Validity& validity) {
  Certificate certificate(X509_new());
  if (key == nullptr || !certificate || !SetSerial(certificate.get())) return nullptr;
  X509* signer = issuer == nullptr ? certificate.get() : issuer->certificate.get();
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  bool ok =
      X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(profile.common_name.c_str()), -1, -1, 0) == 1 &&
      X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) == 1 &&
      X509_set_pubkey(certificate.get(), key) == 1 &&
      ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(validity.from)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(validity.until)) != nullptr;
  for (const auto& [kind, value] : profile.extensions) {
    ok = ok && AddExtension(certificate.get(), signer, kind, value);
  }
  EVP_PKEY* signing_key = issuer == nullptr ? key : issuer->key.get();
  if (!ok || X509_sign(certificate.get(), signing_key, EVP_sha256()) == 0) return nullptr;
  return certificate;
}

std::string Pem(X509* certificate) {
  const Memory memory(BIO_new(BIO_s_mem()));
  return PEM_write_bio_X509(memory.get(), certificate) == 1 ? Content(memory.get()) : std::string();
}

std::string Pem(EVP_PKEY* key) {
  const Memory memory(BIO_new(BIO_s_mem()));
  const bool ok = PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
  return ok ? Content(memory.get()) : std::string();
}

Certificate ReadCertificate(std::string_view pem) {
  const Memory memory = Reader(pem);
  return Certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
}

std::vector<Certificate> ReadCertificates(std::string_view pem) {
  std::vector<Certificate> all;
  const Memory memory = Reader(pem);
  while (Certificate next{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)}) all.push_back(std::move(next));
  return all;
}

Key ReadKey(std::string_view pem) {
  const Memory memory = Reader(pem);
  return Key(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
}

Validity ValidityOf(const X509* certificate) {
  return {ToTime(X509_get0_notBefore(certificate)), ToTime(X509_get0_notAfter(certificate))};
}

std::string Fingerprint(const X509* certificate) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  X509_digest(certificate, EVP_sha256(), digest.data(), nullptr);
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest.data()), 8});
}

bool IsSignedBy(X509* certificate, X509* issuer) {
  return certificate != nullptr && issuer != nullptr && X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
}

absl::StatusOr<Key> PublicKeyOf(std::string_view request_pem) {
  const Memory memory = Reader(request_pem);
  const Request request(PEM_read_bio_X509_REQ(memory.get(), nullptr, nullptr, nullptr));
  if (!request) return absl::InvalidArgumentError("expected a PKCS#10 certificate request in PEM");
  Key key(X509_REQ_get_pubkey(request.get()));
  if (!key || !IsStrong(key.get())) {
    return absl::InvalidArgumentError(
        fmt::format("the request's key: expected ECDSA on P-256 or P-384, Ed25519, or RSA of {} to {} bits",
                    kMinRsaBits, kMaxRsaBits));
  }
  if (X509_REQ_verify(request.get(), key.get()) != 1) {
    return absl::InvalidArgumentError("the request is not signed by its own key");
  }
  return key;
}

std::string KeyHash(EVP_PKEY* key) {
  unsigned char* encoded = nullptr;
  const int size = i2d_PUBKEY(key, &encoded);
  if (size <= 0) return {};
  const std::string hash = Sha256Hex(encoded, static_cast<std::size_t>(size));
  OPENSSL_free(encoded);
  return hash;
}

}  // namespace wsfleet::coordinator::x509
