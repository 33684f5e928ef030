#include "tests/targets/hostile/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string_view>
#include <utility>

#include "core/base/free.h"

namespace wsfleet::hostile {
namespace {

constexpr long kHour = 3600;

using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;

struct Identity {
  Key key;
  Certificate certificate;
};

struct Subject {
  const char* name;
  const char* alternative_name;  // null: an authority
  long from, until;              // seconds from now
};

void AddExtension(X509* certificate, int kind, const char* value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value));
  X509_add_ext(certificate, extension.get(), -1);
}

// `issuer` is null for what signs itself.
Identity Issue(const Subject& subject, const Identity* issuer) {
  std::string curve = "P-256";
  // (The macro for this casts const away.)
  Identity made{Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.data())), Certificate(X509_new())};
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), subject.from);
  X509_gmtime_adj(X509_getm_notAfter(certificate), subject.until);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(subject.name), -1, -1, 0);
  const Identity& signer = issuer == nullptr ? made : *issuer;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate.get()));
  if (subject.alternative_name == nullptr) {
    AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  } else {
    AddExtension(certificate, NID_subject_alt_name, subject.alternative_name);
  }
  X509_sign(certificate, signer.key.get(), EVP_sha256());
  return made;
}

std::string Pem(X509* certificate) {
  const std::unique_ptr<BIO, Free<BIO_free_all>> memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), certificate);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

int RefuseHttp11(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                 unsigned int bytes, void*) {
  constexpr unsigned char kH2[] = "\x02h2";
  const int found =
      SSL_select_next_proto(const_cast<unsigned char**>(chosen), length, kH2, sizeof(kH2) - 1, offered, bytes);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

struct Certificates::Authorities {
  Identity trusted = Issue({"hostile test authority", nullptr, -kHour, 24 * kHour}, nullptr);
  Identity unknown = Issue({"somebody else's authority", nullptr, -kHour, 24 * kHour}, nullptr);
};

Certificates::Certificates() : authorities_(std::make_unique<Authorities>()) {}
Certificates::~Certificates() = default;

std::string Certificates::authority_pem() const { return Pem(authorities_->trusted.certificate.get()); }

std::shared_ptr<boost::asio::ssl::context> Certificates::ContextFor(Tls tls) const {
  Subject subject{"hostile target", "IP:127.0.0.1", -kHour, kHour};
  const Identity* issuer = &authorities_->trusted;
  if (tls == Tls::kExpired) subject = {"expired", "IP:127.0.0.1", -48 * kHour, -24 * kHour};
  if (tls == Tls::kNotYetValid) subject = {"not yet valid", "IP:127.0.0.1", 24 * kHour, 48 * kHour};
  if (tls == Tls::kWrongHost) subject = {"elsewhere", "DNS:elsewhere.example", -kHour, kHour};
  if (tls == Tls::kSelfSigned) issuer = nullptr;
  if (tls == Tls::kUnknownAuthority) issuer = &authorities_->unknown;
  const Identity identity = Issue(subject, issuer);
  auto context = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  if (tls == Tls::kVersion11) {
    // OpenSSL 3 counts SHA-1, which TLS 1.1 needs, as below its level 1.
    SSL_CTX_set_security_level(native, 0);
    SSL_CTX_set_min_proto_version(native, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(native, TLS1_1_VERSION);
  }
  if (tls == Tls::kOnlyH2) SSL_CTX_set_alpn_select_cb(native, RefuseHttp11, nullptr);
  SSL_CTX_use_certificate(native, identity.certificate.get());
  SSL_CTX_use_PrivateKey(native, identity.key.get());
  return context;
}

}  // namespace wsfleet::hostile
