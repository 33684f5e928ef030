#include "cli/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace fs = std::filesystem;

absl::Status Refusal(const std::string& path, int error) {
  const std::string message = fmt::format("{}: {}", path, std::strerror(error));
  return error == ENOENT || error == ENOTDIR ? absl::NotFoundError(message) : absl::FailedPreconditionError(message);
}

bool WriteAll(int file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

absl::Status WriteInto(const std::string& path, std::string_view content) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return Refusal(path, errno);
  const int error = WriteAll(file, content) ? 0 : errno;
  close(file);
  return error == 0 ? absl::OkStatus() : Refusal(path, error);
}

}  // namespace

absl::StatusOr<std::string> ReadWholeFile(const std::string& path, std::uint64_t max_bytes) {
  // Not blocking: opening a named pipe would wait for its writer.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return Refusal(path, errno);
  struct stat facts{};
  absl::StatusOr<std::string> content = std::string();
  if (fstat(file, &facts) != 0) {
    content = Refusal(path, errno);
  } else if (!S_ISREG(facts.st_mode)) {
    content = absl::InvalidArgumentError(fmt::format("{} is not a regular file", path));
  } else if (static_cast<std::uint64_t>(facts.st_size) > max_bytes) {
    content = absl::InvalidArgumentError(
        fmt::format("{} has {} bytes; the limit is {} bytes", path, facts.st_size, max_bytes));
  } else {
    content->resize(static_cast<std::size_t>(facts.st_size));
    std::size_t filled = 0;
    while (filled < content->size()) {
      const ssize_t got = read(file, content->data() + filled, content->size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      filled += static_cast<std::size_t>(got);
    }
    content->resize(filled);
  }
  close(file);
  return content;
}

absl::StatusOr<std::string> ReadInput(const std::string& path, std::uint64_t max_bytes) {
  if (path != "-") return ReadWholeFile(path, max_bytes);
  std::string text;
  for (char c = 0; text.size() <= max_bytes && std::cin.get(c);) text += c;
  return text;
}

absl::Status WriteWholeFile(const std::string& path, std::string_view content, unsigned mode) {
  std::error_code unresolved;
  const fs::file_status status = fs::status(path, unresolved);
  // A pipe or a device stays what it is.
  if (fs::exists(status) && !fs::is_regular_file(status)) return WriteInto(path, content);
  // A link stays a link: what it leads to is replaced.
  const std::string target = fs::exists(status) ? fs::canonical(path, unresolved).string() : path;
  // A process's own name beside the file: a rename does not cross file systems.
  const std::string draft = fmt::format("{}.{}.part", target, getpid());
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return Refusal(path, errno);
  const bool written = WriteAll(file, content);
  int error = written ? 0 : errno;
  if (close(file) != 0 && error == 0) error = errno;
  if (error == 0 && rename(draft.c_str(), target.c_str()) != 0) error = errno;
  if (error == 0) return absl::OkStatus();
  unlink(draft.c_str());
  return Refusal(path, error);
}

}  // namespace wsfleet::cli
