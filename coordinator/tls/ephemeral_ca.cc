#include "coordinator/tls/ephemeral_ca.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "coordinator/private_file.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

constexpr absl::Duration kValidFor = absl::Hours(30 * 24);
constexpr absl::Duration kRenewBefore = absl::Hours(24);
constexpr absl::Duration kClocksMayDiffer = absl::Minutes(10);

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Memory = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;

struct Identity {
  Key key;
  Certificate certificate;
};

struct Purpose {
  const char* name;
  std::initializer_list<std::pair<int, const char*>> extensions;
};

// What EVP_EC_gen() stands for; that macro casts const away.
Key NewKey() { return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")); }

bool AddExtension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// `issuer` is null for the authority, which signs itself. Null on failure, which only a lack of memory or of random
// numbers explains.
Certificate Issue(EVP_PKEY* key, const Purpose& purpose, const Identity* issuer, absl::Time now) {
  Certificate certificate(X509_new());
  std::array<unsigned char, 16> serial{};
  if (key == nullptr || !certificate || RAND_bytes(serial.data(), static_cast<int>(serial.size())) != 1) return nullptr;
  serial[0] &= 0x7f;  // a serial number is positive (RFC 5280, section 4.1.2.2)
  BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);

  X509* signer = issuer == nullptr ? certificate.get() : issuer->certificate.get();
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  bool ok = X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
            X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(purpose.name), -1, -1, 0) == 1 &&
            X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) == 1 &&
            X509_set_pubkey(certificate.get(), key) == 1 &&
            ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(now - kClocksMayDiffer)) != nullptr &&
            ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(now + kValidFor)) != nullptr;
  for (const auto& [kind, value] : purpose.extensions) {
    ok = ok && AddExtension(certificate.get(), signer, kind, value);
  }
  EVP_PKEY* signing_key = issuer == nullptr ? key : issuer->key.get();
  if (!ok || X509_sign(certificate.get(), signing_key, EVP_sha256()) == 0) return nullptr;
  return certificate;
}

std::string Content(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return std::string(data, static_cast<std::size_t>(size));
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

const Purpose kAuthority{"wsfleet ephemeral authority",
                         {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                          {NID_key_usage, "critical,keyCertSign,cRLSign"},
                          {NID_subject_key_identifier, "hash"}}};
const Purpose kServer{"wsfleet-coordinator",
                      {{NID_basic_constraints, "critical,CA:FALSE"},
                       {NID_key_usage, "critical,digitalSignature"},
                       {NID_ext_key_usage, "serverAuth"},
                       {NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1"}}};
const Purpose kAgent{"wsfleet-agent",
                     {{NID_basic_constraints, "critical,CA:FALSE"},
                      {NID_key_usage, "critical,digitalSignature"},
                      {NID_ext_key_usage, "clientAuth"}}};

// True if the certificate is readable, signed by `ca` and valid for kRenewBefore at least.
bool IsGood(const std::string& path, X509* ca, absl::Time now) {
  const auto pem = ReadSmallFile(path);
  if (!pem.ok()) return false;
  const Memory memory(BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size())));
  const Certificate certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
  if (!certificate || ca == nullptr || X509_verify(certificate.get(), X509_get0_pubkey(ca)) != 1) return false;
  std::time_t until = absl::ToTimeT(now + kRenewBefore);
  return X509_cmp_time(X509_get0_notAfter(certificate.get()), &until) == 1;
}

bool IsComplete(const EphemeralCaFiles& files, absl::Time now) {
  const auto pem = ReadSmallFile(files.ca);
  if (!pem.ok()) return false;
  const Memory memory(BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size())));
  const Certificate ca(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
  for (const std::string& secret : {files.server_key, files.agent_key, files.client_token}) {
    if (const auto content = ReadPrivateFile(secret); !content.ok() || content->empty()) return false;
  }
  return IsGood(files.ca, ca.get(), now) && IsGood(files.server_certificate, ca.get(), now) &&
         IsGood(files.agent_certificate, ca.get(), now);
}

absl::StatusOr<std::string> NewToken() {
  std::string bytes(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1) {
    return absl::InternalError("OpenSSL has no random numbers");
  }
  return absl::BytesToHexString(bytes);
}

}  // namespace

EphemeralCaFiles::EphemeralCaFiles(const std::string& directory)
    : ca(directory + "/ca.pem"),
      server_certificate(directory + "/server.pem"),
      server_key(directory + "/server.key"),
      agent_certificate(directory + "/agent.pem"),
      agent_key(directory + "/agent.key"),
      client_token(directory + "/token") {}

absl::Status MakeEphemeralCa(const std::string& directory, absl::Time now) {
  if (auto status = MakePrivateDirectory(directory); !status.ok()) return status;
  const EphemeralCaFiles files(directory);
  if (IsComplete(files, now)) return absl::OkStatus();

  Identity ca{NewKey(), nullptr}, server{NewKey(), nullptr}, agent{NewKey(), nullptr};
  ca.certificate = Issue(ca.key.get(), kAuthority, nullptr, now);
  if (ca.certificate) {
    server.certificate = Issue(server.key.get(), kServer, &ca, now);
    agent.certificate = Issue(agent.key.get(), kAgent, &ca, now);
  }
  const auto token = NewToken();
  if (!server.certificate || !agent.certificate || !token.ok()) {
    return absl::InternalError("OpenSSL could not make the certificates of the ephemeral authority");
  }
  const std::array<std::tuple<const std::string&, std::string, Access>, 6> contents{{
      {files.server_key, Pem(server.key.get()), Access::kOwnerOnly},
      {files.server_certificate, Pem(server.certificate.get()), Access::kEveryoneReads},
      {files.agent_key, Pem(agent.key.get()), Access::kOwnerOnly},
      {files.agent_certificate, Pem(agent.certificate.get()), Access::kEveryoneReads},
      {files.client_token, *token, Access::kOwnerOnly},
      {files.ca, Pem(ca.certificate.get()), Access::kEveryoneReads},
  }};
  for (const auto& [path, content, access] : contents) {
    if (auto status = WriteFileAtomically(path, content, access); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace wsfleet::coordinator
