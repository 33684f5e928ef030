#pragma once

#include <openssl/x509.h>

#include <string>
#include <string_view>

#include "absl/time/time.h"

// What a peer's certificate says of itself. All of it is the peer's own text: made printable, and bounded.
namespace wsfleet::engine {

// "/C=DE/CN=chat.example.com".
std::string IssuerOf(const X509* certificate);
absl::Time EndOf(const X509* certificate);

// "/CN=chat issuer=/CN=ca from=2026-01-31 until=2026-04-30 names=chat.example.com,*.chat.example.com", as evidence.
std::string DescribeCertificate(const X509* certificate);

// Of a certificate that is not that of `asked`: "the certificate is for chat.example.com, asked for localhost". Its
// names are those that count (RFC 6125, 6.4): DNS names and addresses, or if it has none, its common name.
std::string DescribeMismatch(const X509* certificate, std::string_view asked);

}  // namespace wsfleet::engine
