#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/base/ids.h"

namespace wsfleet::coordinator {

using Secrets = std::map<std::string, std::string>;

// Encrypts the secret values of a job for the time that they lie in the store: AES-256-GCM (NIST SP 800-38D) with a new
// random nonce each time, bound to the job's id, so that a blob cannot be moved to another job. Immutable; thread-safe.
class SecretBox {
 public:
  // The key is in `path` (0600, created if missing). FAILED_PRECONDITION: it cannot be read or written, others may read
  // it, or it does not hold a key.
  static absl::StatusOr<SecretBox> WithKeyFile(const std::string& path);
  // For a store that ends with the process.
  static absl::StatusOr<SecretBox> WithRandomKey();

  ~SecretBox();
  SecretBox(const SecretBox&) = default;
  SecretBox& operator=(const SecretBox&) = default;

  // Empty for no secrets.
  absl::StatusOr<std::string> Seal(const JobId& job, const Secrets& secrets) const;
  // DATA_LOSS: sealed under another key or for another job, or changed since.
  absl::StatusOr<Secrets> Open(const JobId& job, std::string_view sealed) const;

 private:
  using Key = std::array<unsigned char, 32>;
  explicit SecretBox(const Key& key) : key_(key) {}

  Key key_;
};

}  // namespace wsfleet::coordinator
