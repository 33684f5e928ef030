#include "coordinator/secret_box.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <new>

#include "absl/cleanup/cleanup.h"
#include "boost/json/memory_resource.hpp"
#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "boost/json/value.hpp"
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

// What a parser leaves behind is overwritten.
class WipedMemory final : public boost::json::memory_resource {
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    return ::operator new(bytes, std::align_val_t(alignment));
  }
  void do_deallocate(void* place, std::size_t bytes, std::size_t alignment) override {
    OPENSSL_cleanse(place, bytes);
    ::operator delete(place, std::align_val_t(alignment));
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

// A JSON object.
std::string ToText(const GivenSecrets& secrets) {
  // A text that grows leaves copies of itself. The longest escape has six characters for one.
  std::size_t most = 2;
  for (const auto& [name, secret] : secrets) most += 6 * (name.size() + secret.value.size()) + 6;
  std::string text;
  text.reserve(most);
  for (const auto& [name, secret] : secrets) {
    std::string value = boost::json::serialize(boost::json::string_view(secret.value.Reveal()));
    text += text.empty() ? '{' : ',';
    text += boost::json::serialize(boost::json::string_view(name));
    text += ':';
    text += value;
    WipeText(value);
  }
  text += '}';
  return text;
}

absl::Status Lost(std::string_view why) {
  return absl::DataLossError(fmt::format("the secrets of this run cannot be opened: {}", why));
}

absl::StatusOr<GivenSecrets> FromText(const std::string& text) {
  WipedMemory memory;
  boost::system::error_code error;
  const boost::json::value object = boost::json::parse(text, error, &memory);
  GivenSecrets secrets;
  if (!error && object.is_object()) {
    for (const auto& [name, value] : object.get_object()) {
      if (value.is_string()) secrets[std::string(name)].value = Secret(value.get_string());
    }
  }
  if (error || !object.is_object() || secrets.size() != object.get_object().size()) {
    return Lost("they are not written as this version writes them");
  }
  return secrets;
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

std::string SecretBox::fingerprint() const {
  std::string text = "wsfleet secrets.key ";
  text.append(reinterpret_cast<const char*>(key_.data()), key_.size());
  absl::Cleanup wipe = [&text] { OPENSSL_cleanse(text.data(), text.size()); };
  return Sha256Hex(text).substr(0, 16);
}

SecretBox::~SecretBox() { OPENSSL_cleanse(key_.data(), key_.size()); }

absl::StatusOr<std::string> SecretBox::Seal(const SecretOwner& owner, const GivenSecrets& secrets) const {
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

absl::StatusOr<GivenSecrets> SecretBox::Open(const SecretOwner& owner, std::string_view sealed) const {
  if (sealed.empty()) return GivenSecrets();
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
  const absl::Cleanup wipe = [&] { OPENSSL_cleanse(text.data(), text.size()); };
  if (!ok) return Lost("they were sealed under another key, for something else, or changed since");
  return FromText(text);
}

}  // namespace wsfleet::coordinator
