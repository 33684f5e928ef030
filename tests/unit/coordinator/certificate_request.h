#pragma once

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace wsfleet::coordinator {

// PKCS#10 in PEM, for `key`, signed by `signer`: the same for who has the key.
inline std::string RequestFor(EVP_PKEY* key, EVP_PKEY* signer) {
  const std::shared_ptr<X509_REQ> request(X509_REQ_new(), X509_REQ_free);
  X509_REQ_set_pubkey(request.get(), key);
  X509_REQ_sign(request.get(), signer, EVP_sha256());
  const std::shared_ptr<BIO> memory(BIO_new(BIO_s_mem()), BIO_free_all);
  PEM_write_bio_X509_REQ(memory.get(), request.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}
inline std::string RequestFor(EVP_PKEY* key) { return RequestFor(key, key); }

}  // namespace wsfleet::coordinator
