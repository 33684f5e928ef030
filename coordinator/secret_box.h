#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/job/spec.h"
#include "core/secret/given_secret.h"

namespace wsfleet::coordinator {

// Whose secrets they are. A blob that is moved to another owner cannot be opened there.
class SecretOwner {
 public:
  static SecretOwner OfJob(const JobId& job);
  // Of a schedule and all of its runs, as long as they run the files that its secrets were given for.
  static SecretOwner OfSchedule(const FleetName& fleet, const ScheduleName& schedule, const BundleDigest& bundle);
  // Whose secrets a job has.
  static SecretOwner Of(const FleetName& fleet, const JobId& job, const JobSpec& spec);

  const std::string& text() const { return text_; }

 private:
  explicit SecretOwner(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

// Encrypts secret values for the time that they lie in the store: AES-256-GCM (NIST SP 800-38D) with a new random nonce
// each time, bound to their owner. Immutable; thread-safe.
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

  // Says which key it is and nothing of it: the same for replicas that have the same one.
  std::string fingerprint() const;

  // Their values alone: those that a submitter gave may be sent anywhere. Empty for no secrets.
  absl::StatusOr<std::string> Seal(const SecretOwner& owner, const GivenSecrets& secrets) const;
  // DATA_LOSS: sealed under another key or for another owner, or changed since.
  absl::StatusOr<GivenSecrets> Open(const SecretOwner& owner, std::string_view sealed) const;

 private:
  using Key = std::array<unsigned char, 32>;
  explicit SecretBox(const Key& key) : key_(key) {}

  Key key_;
};

}  // namespace wsfleet::coordinator
