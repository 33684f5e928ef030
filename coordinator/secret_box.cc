#include "coordinator/secret_box.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>

#include "boost/json/object.hpp"
#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "boost/json/value.hpp"
#include "boost/json/value_to.hpp"
#include "coordinator/private_file.h"
#include "coordinator/secret_text.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

// version | nonce | ciphertext | tag
constexpr char kVersion1 = '\x01';
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string ContextOf(const SecretOwner& owner) { return fmt::format("wsfleet-secrets 1 {}", owner.text()); }

std::string ToText(const Secrets& secrets) {
  boost::json::object object;
  for (const auto& [name, value] : secrets) object[name] = value;
  return boost::json::serialize(object);
}

absl::Status Lost(std::string_view why) {
  return absl::DataLossError(fmt::format("the secrets of this run cannot be opened: {}", why));
}

absl::StatusOr<Secrets> FromText(const std::string& text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  auto secrets = boost::json::try_value_to<Secrets>(value);
  if (error || secrets.has_error()) return Lost("they are not written as this version writes them");
  return *std::move(secrets);
}

}  // namespace

SecretOwner SecretOwner::OfJob(const JobId& job) { return SecretOwner(job.value()); }

SecretOwner SecretOwner::OfSchedule(const FleetName& fleet, const ScheduleName& schedule, const BundleDigest& bundle) {
  // No job's id holds a space.
  return SecretOwner(fmt::format("schedule {} {} {}", bundle.value(), schedule.value(), fleet.value()));
}

SecretOwner SecretOwner::Of(const FleetName& fleet, const JobId& job, const JobSpec& spec) {
  return spec.schedule.empty() ? OfJob(job) : OfSchedule(fleet, spec.schedule, spec.bundle);
}

absl::StatusOr<SecretBox> SecretBox::WithKeyFile(const std::string& path) {
  auto content = ReadPrivateFile(path);
  if (absl::IsNotFound(content.status())) {
    auto box = WithRandomKey();
    if (!box.ok()) return box;
    const std::string key(box->key_.begin(), box->key_.end());
    if (auto status = WriteFileAtomically(path, key, Access::kOwnerOnly); !status.ok()) return status;
    return box;
  }
  if (!content.ok()) return content.status();
  Key key;
  if (content->size() != key.size()) {
    return absl::FailedPreconditionError(
        fmt::format("{}: expected a key of {} bytes, found {}", path, key.size(), content->size()));
  }
  std::copy(content->begin(), content->end(), key.begin());
  OPENSSL_cleanse(content->data(), content->size());
  return SecretBox(key);
}

absl::StatusOr<SecretBox> SecretBox::WithRandomKey() {
  Key key;
  const auto bytes = RandomBytes(key.size());
  if (!bytes.ok()) return bytes.status();
  std::ranges::copy(*bytes, key.begin());
  return SecretBox(key);
}

SecretBox::~SecretBox() { OPENSSL_cleanse(key_.data(), key_.size()); }

absl::StatusOr<std::string> SecretBox::Seal(const SecretOwner& owner, const Secrets& secrets) const {
  if (secrets.empty()) return std::string();
  std::string text = ToText(secrets);
  const std::string context = ContextOf(owner);
  std::string nonce(kNonceBytes, '\0'), sealed(text.size(), '\0'), tag(kTagBytes, '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool ok = RAND_bytes(Bytes(nonce), static_cast<int>(nonce.size())) == 1 &&
                  EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), Bytes(nonce)) == 1 &&
                  EVP_EncryptUpdate(cipher.get(), nullptr, &length, Bytes(std::string_view(context)),
                                    static_cast<int>(context.size())) == 1 &&
                  EVP_EncryptUpdate(cipher.get(), Bytes(sealed), &length, Bytes(std::string_view(text)),
                                    static_cast<int>(text.size())) == 1 &&
                  EVP_EncryptFinal_ex(cipher.get(), Bytes(tag), &length) == 1 &&
                  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, Bytes(tag)) == 1;
  OPENSSL_cleanse(text.data(), text.size());
  if (!ok) return absl::InternalError("OpenSSL refused to seal the secrets");
  return kVersion1 + nonce + sealed + tag;
}

absl::StatusOr<Secrets> SecretBox::Open(const SecretOwner& owner, std::string_view sealed) const {
  if (sealed.empty()) return Secrets();
  if (sealed.size() < 1 + kNonceBytes + kTagBytes || sealed.front() != kVersion1) return Lost("unknown form");
  const std::string_view nonce = sealed.substr(1, kNonceBytes);
  const std::string_view body = sealed.substr(1 + kNonceBytes, sealed.size() - 1 - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  const std::string context = ContextOf(owner);
  std::string text(body.size(), '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  std::string rest(kTagBytes, '\0');
  const bool ok =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), Bytes(nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &length, Bytes(std::string_view(context)),
                        static_cast<int>(context.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), Bytes(text), &length, Bytes(body), static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, Bytes(tag)) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), Bytes(rest), &length) == 1;
  if (!ok) return Lost("they were sealed under another key, for something else, or changed since");
  auto secrets = FromText(text);
  OPENSSL_cleanse(text.data(), text.size());
  return secrets;
}

}  // namespace wsfleet::coordinator
