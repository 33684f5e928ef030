#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/secret.h"

// Files that others must not read.
namespace wsfleet {

inline constexpr std::size_t kMaxSecretBytes = 64 << 10;
// Why a value is refused that is not UTF-8.
inline constexpr char kNotText[] = "expected UTF-8, since a secret stands in texts; base64 makes one of any bytes";

// FAILED_PRECONDITION: others than its owner may use the file of these facts. A file of root that its group may read
// besides passes for everybody but root: so Kubernetes mounts Secrets, and so Debian lays down keys for services.
absl::Status CheckIsPrivate(const std::string& path, const struct stat& facts);

// The value in a private file of at most kMaxSecretBytes, without the end of its last line: that belongs to the file.
// What it passes through on the way is overwritten. NOT_FOUND: there is none. FAILED_PRECONDITION: it cannot be read,
// is empty or too large, or not private. May block as long as the file system does.
absl::StatusOr<Secret> ReadSecretFile(const std::string& path);

}  // namespace wsfleet
