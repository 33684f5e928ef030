#include "agent/identity_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::agent {
namespace {

// For people only; what counts is the lock.
std::string OwnerOf(const std::string& path) {
  std::ifstream in(path);
  long pid = 0;
  return in >> pid ? fmt::format(" (pid {})", pid) : "";
}

absl::Status NotLocked(std::string_view what, const std::string& path) {
  return absl::FailedPreconditionError(
      fmt::format("--identity-dir: cannot {} {}: {}", what, path, std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<IdentityLock>> IdentityLock::Take(const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return NotLocked("create directory", directory);
  // The file stays: removing it would race with the next process.
  const std::string path = directory + "/agent.lock";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return NotLocked("open", path);
  std::unique_ptr<IdentityLock> lock(new IdentityLock(file));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return NotLocked("lock", path);
    return absl::FailedPreconditionError(fmt::format(
        "{} is in use by another process{}; give each agent its own --identity-dir", directory, OwnerOf(path)));
  }
  const std::string pid = fmt::format("{}\n", getpid());
  const bool written = ftruncate(file, 0) == 0 && std::cmp_equal(write(file, pid.data(), pid.size()), pid.size());
  if (!written) return NotLocked("write", path);
  return lock;
}

IdentityLock::~IdentityLock() { close(file_); }

}  // namespace wsfleet::agent
