#pragma once

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace wsfleet::agent {

inline std::shared_ptr<BIO> MemoryOf(const std::string& pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free_all};
}

// The public key of a PKCS#10 request or of a private key, both in PEM.
inline std::shared_ptr<EVP_PKEY> KeyIn(const std::string& pem) {
  if (EVP_PKEY* key = PEM_read_bio_PrivateKey(MemoryOf(pem).get(), nullptr, nullptr, nullptr)) {
    return {key, EVP_PKEY_free};
  }
  const std::shared_ptr<X509_REQ> request(PEM_read_bio_X509_REQ(MemoryOf(pem).get(), nullptr, nullptr, nullptr),
                                          X509_REQ_free);
  return {request ? X509_REQ_get_pubkey(request.get()) : nullptr, EVP_PKEY_free};
}

// A certificate for that key with these URIs, PEM, signed by somebody.
inline std::string IssuedCertificate(const std::string& key_pem, const std::vector<std::string>& uris, absl::Time from,
                                     absl::Time until) {
  const auto key = KeyIn(key_pem);
  const std::shared_ptr<EVP_PKEY> issuer(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free);
  const std::shared_ptr<X509> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_set_pubkey(certificate.get(), key.get());
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(from));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(until));
  std::string names;
  for (const std::string& uri : uris) names += (names.empty() ? "URI:" : ",URI:") + uri;
  if (!names.empty()) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(certificate.get(), issuer.get(), EVP_sha256());
  const std::shared_ptr<BIO> memory(BIO_new(BIO_s_mem()), BIO_free_all);
  PEM_write_bio_X509(memory.get(), certificate.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace wsfleet::agent
