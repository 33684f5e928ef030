#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/free.h"

// Keys and certificates (RFC 5280) as this coordinator makes them: ECDSA on P-256.
namespace wsfleet::coordinator::x509 {

using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

struct Identity {
  Key key;
  Certificate certificate;
};

struct Profile {
  std::string common_name;                              // at most 64 bytes
  std::vector<std::pair<int, std::string>> extensions;  // NID and value, as in OpenSSL's configuration
};

// Those who show a certificate to each other may go by wall clocks that differ by so much: it begins earlier by that.
inline constexpr absl::Duration kClocksMayDiffer = absl::Hours(24);

struct Validity {
  absl::Time from;
  absl::Time until;
};

// Null only for a lack of random numbers.
Key NewKey();

// A certificate for `key`. `issuer` is null for an authority, which signs itself. Null on failure, which a value of the
// profile explains, or a lack of memory or random numbers.
Certificate Issue(EVP_PKEY* key, const Profile& profile, const Identity* issuer, const Validity& validity);

std::string Pem(X509* certificate);
std::string Pem(EVP_PKEY* key);

// The first of a PEM text; null if there is none.
Certificate ReadCertificate(std::string_view pem);
// All of it.
std::vector<Certificate> ReadCertificates(std::string_view pem);
Key ReadKey(std::string_view pem);

Validity ValidityOf(const X509* certificate);
// For people: the first 16 hex digits of its SHA-256.
std::string Fingerprint(const X509* certificate);
bool IsSignedBy(X509* certificate, X509* issuer);

// The public key of a PKCS#10 request (RFC 2986), of which nothing else is taken. INVALID_ARGUMENT: it cannot be read,
// is not signed by its own key, or that is neither ECDSA on P-256 or P-384, Ed25519, nor RSA of 2048 to 8192 bits.
absl::StatusOr<Key> PublicKeyOf(std::string_view request_pem);
// SHA-256 of a public key (its SubjectPublicKeyInfo), hex.
std::string KeyHash(EVP_PKEY* key);

}  // namespace wsfleet::coordinator::x509
