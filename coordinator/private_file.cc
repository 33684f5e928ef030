#include "coordinator/private_file.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "fmt/format.h"
#include "secrets/secret_file.h"

namespace wsfleet::coordinator {
namespace {

constexpr off_t kMaxBytes = 1 << 20;

absl::Status Failed(std::string_view what, const std::string& path) {
  return absl::FailedPreconditionError(fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

bool WriteAll(int file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return fsync(file) == 0;
}

}  // namespace

absl::Status BecomeOwnerOf(const std::string& directory) {
  struct stat facts{};
  if (geteuid() != 0 || stat(directory.c_str(), &facts) != 0 || facts.st_uid == 0) return absl::OkStatus();
  const bool done = setgroups(0, nullptr) == 0 && setresgid(facts.st_gid, facts.st_gid, facts.st_gid) == 0 &&
                    setresuid(facts.st_uid, facts.st_uid, facts.st_uid) == 0;
  return done ? absl::OkStatus() : Failed("become the owner of", directory);
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view content, Access access) {
  const std::string beside = fmt::format("{}.{}.tmp", path, getpid());
  unlink(beside.c_str());
  const mode_t mode = access == Access::kOwnerOnly ? 0600 : 0644;
  const int file = open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return Failed("create", beside);
  const absl::Status status = WriteAll(file, content) ? absl::OkStatus() : Failed("write", beside);
  close(file);
  if (!status.ok()) {
    unlink(beside.c_str());
    return status;
  }
  return rename(beside.c_str(), path.c_str()) == 0 ? absl::OkStatus() : Failed("rename to", path);
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path) {
  struct stat facts{};
  if (stat(path.c_str(), &facts) != 0) {
    if (errno == ENOENT) return absl::NotFoundError(fmt::format("{} does not exist", path));
    return Failed("read", path);
  }
  if (!S_ISREG(facts.st_mode) || facts.st_size > kMaxBytes) {
    return absl::FailedPreconditionError(fmt::format("{}: expected a file of at most {} bytes", path, kMaxBytes));
  }
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  if (!in) return Failed("read", path);
  return std::move(content).str();
}

absl::StatusOr<std::string> ReadPrivateFile(const std::string& path) {
  struct stat facts{};
  if (stat(path.c_str(), &facts) == 0) {
    if (auto status = CheckIsPrivate(path, facts); !status.ok()) return status;
  }
  return ReadSmallFile(path);
}

absl::Status MakePrivateDirectory(const std::string& path) {
  std::error_code error;
  if (const auto parent = std::filesystem::path(path).parent_path(); !parent.empty()) {
    std::filesystem::create_directories(parent, error);
  }
  if (mkdir(path.c_str(), 0700) == 0) return absl::OkStatus();
  if (errno != EEXIST) return Failed("create directory", path);
  struct stat facts{};
  if (stat(path.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) {
    return absl::FailedPreconditionError(fmt::format("{}: expected a directory", path));
  }
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::FailedPreconditionError(
        fmt::format("directory {} is open to others than its owner; chmod 700 it", path));
  }
  return absl::OkStatus();
}

}  // namespace wsfleet::coordinator
