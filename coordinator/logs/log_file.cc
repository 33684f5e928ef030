#include "coordinator/logs/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/cleanup/cleanup.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

absl::Status Problem(const std::string& path) {
  const std::string text = fmt::format("{}: {}", path, std::strerror(errno));
  if (errno == ENOENT || errno == ENOTDIR) return absl::NotFoundError(text);
  return absl::PermissionDeniedError(text);
}

// Without waiting for anything: a pipe or a device is not a log.
absl::StatusOr<int> OpenRegular(const std::string& path, struct stat& facts) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return Problem(path);
  if (fstat(file, &facts) == 0 && S_ISREG(facts.st_mode)) return file;
  close(file);
  return absl::FailedPreconditionError(fmt::format("{}: not a regular file", path));
}

}  // namespace

bool IsAllowedFile(const std::string& path, const std::vector<std::string>& allowed) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  if (error) return false;
  return std::ranges::any_of(allowed, [&](const std::string& entry) {
    std::error_code missing;
    const std::filesystem::path root = std::filesystem::canonical(entry, missing);
    if (missing) return false;
    return std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first == root.end();
  });
}

absl::StatusOr<std::uint64_t> SizeOfFile(const std::string& path) {
  struct stat facts{};
  const auto file = OpenRegular(path, facts);
  if (!file.ok()) return file.status();
  close(*file);
  return static_cast<std::uint64_t>(facts.st_size);
}

absl::StatusOr<FileTail> ReadTail(const std::string& path, std::uint64_t max_bytes) {
  struct stat facts{};
  const auto file = OpenRegular(path, facts);
  if (!file.ok()) return file.status();
  const auto close_file = absl::MakeCleanup([&] { close(*file); });
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  FileTail tail;
  tail.offset = size - std::min(size, max_bytes);
  tail.text.resize(size - tail.offset);
  std::size_t got = 0;
  while (got < tail.text.size()) {
    const ssize_t count =
        pread(*file, tail.text.data() + got, tail.text.size() - got, static_cast<off_t>(tail.offset + got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Problem(path);
    if (count == 0) break;  // it was cut meanwhile
    got += static_cast<std::size_t>(count);
  }
  tail.text.resize(got);
  if (tail.offset == 0) return tail;
  const std::size_t begin = std::min(tail.text.find('\n'), tail.text.size() - 1) + 1;
  tail.text.erase(0, begin);
  tail.offset += begin;
  return tail;
}

}  // namespace wsfleet::coordinator
