#include "secrets/secret_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "absl/cleanup/cleanup.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

absl::Status NotRead(const std::string& path) {
  return absl::FailedPreconditionError(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
}

// What root gave to our group is meant for us; a file of our own that the group may read is a slip.
mode_t ForbiddenTo(const struct stat& facts) {
  const bool handed_over = facts.st_uid == 0 && geteuid() != 0;
  return handed_over ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
}

}  // namespace

absl::Status CheckIsPrivate(const std::string& path, const struct stat& facts) {
  if ((facts.st_mode & ForbiddenTo(facts)) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format("{} may be read by others than its owner; chmod 600 it", path));
}

absl::StatusOr<Secret> ReadSecretFile(const std::string& path) {
  // Not to wait for who writes to a pipe.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0 && (errno == ENOENT || errno == ENOTDIR)) {
    return absl::NotFoundError(fmt::format("{} does not exist", path));
  }
  if (file < 0) return NotRead(path);
  const absl::Cleanup close_it = [&] { close(file); };
  struct stat facts{};
  if (fstat(file, &facts) != 0) return NotRead(path);
  if (!S_ISREG(facts.st_mode)) return absl::FailedPreconditionError(fmt::format("{}: expected a file", path));
  if (auto status = CheckIsPrivate(path, facts); !status.ok()) return status;

  std::string content(kMaxSecretBytes + 1, '\0');
  const absl::Cleanup wipe = [&] { WipeText(content); };
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t count = read(file, content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return NotRead(path);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > kMaxSecretBytes) {
    return absl::FailedPreconditionError(
        fmt::format("{}: expected a secret of at most {} bytes", path, kMaxSecretBytes));
  }
  std::string_view value(content.data(), size);
  if (value.ends_with('\n')) value.remove_suffix(value.ends_with("\r\n") ? 2 : 1);
  if (value.empty()) return absl::FailedPreconditionError(fmt::format("{}: expected a secret, found nothing", path));
  if (!IsValidUtf8(value)) return absl::FailedPreconditionError(fmt::format("{}: {}", path, kNotText));
  return Secret(value);
}

}  // namespace wsfleet
