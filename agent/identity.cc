#include "agent/identity.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include "core/base/free.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace wsfleet::agent {
namespace {

constexpr off_t kMaxIdentityFileBytes = 1 << 20;

using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using RequestOfKey = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;
using Memory = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Names = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;

absl::Status Failed(std::string_view what, const std::string& path) {
  return absl::FailedPreconditionError(fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

Memory Reader(std::string_view pem) { return Memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

std::string Content(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Certificate ReadCertificate(std::string_view pem) {
  const Memory memory = Reader(pem);
  return Certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
}

Key ReadKey(std::string_view pem) {
  const Memory memory = Reader(pem);
  return Key(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? absl::FromTimeT(timegm(&parts)) : absl::InfinitePast();
}

// Empty if there is no such file.
absl::StatusOr<std::string> ReadIfThere(const std::string& path) {
  struct stat facts{};
  if (stat(path.c_str(), &facts) != 0)
    return errno == ENOENT ? std::string() : absl::StatusOr<std::string>(Failed("read", path));
  if (!S_ISREG(facts.st_mode) || facts.st_size > kMaxIdentityFileBytes) {
    return absl::FailedPreconditionError(
        fmt::format("{}: expected a file of at most {} bytes", path, kMaxIdentityFileBytes));
  }
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return in ? std::move(content).str() : absl::StatusOr<std::string>(Failed("read", path));
}

// The whole file appears at once, and is on the disk.
absl::Status WriteWhole(const std::string& path, std::string_view content, mode_t mode) {
  const std::string draft = path + ".part";
  unlink(draft.c_str());
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return Failed("create", draft);
  const ssize_t written = write(file, content.data(), content.size());
  const bool ok = std::cmp_equal(written, content.size()) && fsync(file) == 0;
  const absl::Status status = ok ? absl::OkStatus() : Failed("write", draft);
  close(file);
  if (!ok) return status;
  return rename(draft.c_str(), path.c_str()) == 0 ? absl::OkStatus() : Failed("rename to", path);
}

absl::Status MakeDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return Failed("create directory", path);
  struct stat facts{};
  if (stat(path.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) {
    return absl::FailedPreconditionError(fmt::format("{}: expected a directory", path));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> NewKeyPem() {
  // What EVP_EC_gen() stands for; that macro casts const away.
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const Memory memory(BIO_new(BIO_s_mem()));
  if (!key || PEM_write_bio_PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return absl::InternalError("OpenSSL could not make a key");
  }
  return Content(memory.get());
}

// Kubernetes opens the files of a volume to a group whenever it mounts it (fsGroup).
absl::Status CloseToOthers(const std::string& path) {
  struct stat facts{};
  if (stat(path.c_str(), &facts) != 0) return Failed("read", path);
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) == 0) return absl::OkStatus();
  if (chmod(path.c_str(), 0600) != 0) return Failed("close to others than its owner", path);
  spdlog::warn("key was open to others than its owner, and is closed now path={} mode={:o}", path,
               facts.st_mode & 07777);
  return absl::OkStatus();
}

absl::StatusOr<std::string> KeyOf(const std::string& path) {
  auto pem = ReadIfThere(path);
  if (!pem.ok()) return pem.status();
  if (pem->empty()) {
    auto made = NewKeyPem();
    if (!made.ok()) return made.status();
    if (auto status = WriteWhole(path, *made, 0600); !status.ok()) return status;
    return made;
  }
  if (auto status = CloseToOthers(path); !status.ok()) return status;
  if (ReadKey(*pem) == nullptr) {
    return absl::FailedPreconditionError(
        fmt::format("{}: expected a private key in PEM; without it the agent has to enrol anew", path));
  }
  return pem;
}

}  // namespace

absl::StatusOr<CertificateFacts> ReadCertificateFacts(std::string_view pem) {
  const Certificate certificate = ReadCertificate(pem);
  if (!certificate) return absl::InvalidArgumentError("expected a certificate in PEM");
  CertificateFacts facts{std::nullopt, ToTime(X509_get0_notBefore(certificate.get())),
                         ToTime(X509_get0_notAfter(certificate.get()))};
  const Names names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    const std::string_view uri(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                               static_cast<std::size_t>(ASN1_STRING_length(text)));
    if (!uri.starts_with(kAgentUriScheme)) continue;
    if (facts.name) return absl::InvalidArgumentError("expected a certificate of one agent, it names several");
    auto parsed = ParseAgentUri(uri);
    if (!parsed.ok()) return parsed.status();
    facts.name = *std::move(parsed);
  }
  return facts;
}

absl::StatusOr<Identity> Identity::Open(const std::string& directory) {
  if (auto status = MakeDirectory(directory); !status.ok()) return status;
  Identity identity(directory);
  auto key = KeyOf(identity.File("agent.key"));
  if (!key.ok()) return key.status();
  identity.key_ = *std::move(key);
  auto trusted = ReadIfThere(identity.File("ca.pem"));
  if (!trusted.ok()) return trusted.status();
  identity.trusted_ = *std::move(trusted);
  auto chain = ReadIfThere(identity.File("agent.pem"));
  if (!chain.ok()) return chain.status();
  if (chain->empty()) return identity;
  auto facts = ReadCertificateFacts(*chain);
  if (!facts.ok()) {
    return absl::FailedPreconditionError(
        fmt::format("{}: {}", identity.File("agent.pem"), ToStd(facts.status().message())));
  }
  identity.chain_ = *std::move(chain);
  identity.facts_ = *std::move(facts);
  return identity;
}

absl::StatusOr<std::string> Identity::Request() const {
  const Key key = ReadKey(key_);
  const RequestOfKey request(X509_REQ_new());
  const Memory memory(BIO_new(BIO_s_mem()));
  const bool ok = key && request && X509_REQ_set_version(request.get(), 0) == 1 &&
                  X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
                  X509_REQ_sign(request.get(), key.get(), EVP_sha256()) > 0 &&
                  PEM_write_bio_X509_REQ(memory.get(), request.get()) == 1;
  return ok ? absl::StatusOr<std::string>(Content(memory.get()))
            : absl::InternalError("OpenSSL could not make a certificate request");
}

absl::Status Identity::Store(const std::string& chain, const std::string& trusted) {
  auto facts = ReadCertificateFacts(chain);
  if (!facts.ok()) return facts.status();
  const Certificate certificate = ReadCertificate(chain);
  const Key key = ReadKey(key_);
  if (!key || X509_check_private_key(certificate.get(), key.get()) != 1) {
    return absl::InvalidArgumentError("the certificate is not for the key of this agent");
  }
  if (!facts->name || facts->name->instance.empty()) {
    return absl::InvalidArgumentError("the certificate names no single agent");
  }
  // Whom to believe first: the other way round a crash could leave an agent that its own coordinator cannot convince.
  if (!trusted.empty()) {
    if (auto status = WriteWhole(File("ca.pem"), trusted, 0644); !status.ok()) return status;
    trusted_ = trusted;
  }
  if (auto status = WriteWhole(File("agent.pem"), chain, 0644); !status.ok()) return status;
  chain_ = chain;
  facts_ = *std::move(facts);
  return absl::OkStatus();
}

}  // namespace wsfleet::agent
