#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Files that keys and tokens lie in, and files that others wait for.
namespace wsfleet::coordinator {

enum class Access { kOwnerOnly, kEveryoneReads };

// The whole file appears at once: written beside `path`, synced, renamed.
absl::Status WriteFileAtomically(const std::string& path, std::string_view content, Access access);

// A process of root's becomes, for good, whoever owns the directory: what it makes there is that one's, and what that
// one has put there reaches no further than that one. Nothing if there is no such directory. On the only thread.
absl::Status BecomeOwnerOf(const std::string& directory);

// At most 1 MiB. NOT_FOUND: there is no such file. FAILED_PRECONDITION: it cannot be read, or is larger.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path);

// As ReadSmallFile; FAILED_PRECONDITION too if others than its owner may use it (CheckIsPrivate).
absl::StatusOr<std::string> ReadPrivateFile(const std::string& path);

// Creates it (0700) if missing. FAILED_PRECONDITION: it cannot be created, or group or others may enter it.
absl::Status MakePrivateDirectory(const std::string& path);

}  // namespace wsfleet::coordinator
