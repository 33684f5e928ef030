#include "agent/spool_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "fmt/format.h"

namespace wsfleet::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".batch";
constexpr std::string_view kDraftSuffix = ".draft";
constexpr std::uintmax_t kMaxFileBytes = 1 << 20;  // a batch is at most 200 KiB

absl::Status Problem(std::string_view what, const std::string& path) {
  const std::string text = fmt::format("{} {}: {}", what, path, std::strerror(errno));
  if (errno == ENOSPC || errno == EDQUOT) return absl::ResourceExhaustedError(text);
  return absl::UnavailableError(text);
}

// An open file; closed with it.
class File {
 public:
  File(const std::string& path, int flags) : number_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (number_ >= 0) close(number_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }
  int Release() { return std::exchange(number_, -1); }

  bool WriteAll(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = write(number_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

 private:
  int number_;
};

unsigned long Checksum(std::string_view bytes) {
  return crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
}

std::string HeadOf(std::string_view payload) {
  return fmt::format("wsfleet-spool 1 {:08x} {}\n", Checksum(payload), payload.size());
}

std::optional<v1::ResultBatch> ReadBatch(const fs::path& path) {
  std::error_code error;
  if (fs::file_size(path, error) > kMaxFileBytes || error) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  const std::size_t head_end = content.find('\n');
  if (head_end == std::string::npos) return std::nullopt;
  const std::string_view payload = std::string_view(content).substr(head_end + 1);
  v1::ResultBatch batch;
  const bool is_whole = std::string_view(content).substr(0, head_end + 1) == HeadOf(payload);
  if (!is_whole || !batch.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return std::nullopt;
  return batch;
}

absl::Status SyncDirectory(const std::string& path) {
  const File directory(path, O_RDONLY | O_DIRECTORY);
  if (!directory.is_open() || fsync(directory.number()) != 0) return Problem("cannot sync", path);
  return absl::OkStatus();
}

}  // namespace

SpoolDirectory::~SpoolDirectory() { close(lock_); }

absl::StatusOr<SpoolDirectory::Opened> SpoolDirectory::Open(const std::string& path, const std::string& owner) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (error) {
    return absl::FailedPreconditionError(fmt::format(
        "cannot make the spool's directory {}: {}; name another one with --spool-dir", path, error.message()));
  }
  // The file stays: removing it would race with the next process.
  const std::string lock_path = path + "/owner";
  File lock(lock_path, O_RDWR | O_CREAT);
  if (!lock.is_open()) {
    return absl::FailedPreconditionError(
        fmt::format("cannot write to the spool's directory {}: {}; name another one "
                    "with --spool-dir",
                    path, std::strerror(errno)));
  }
  if (flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(
        fmt::format("{} is in use by another wsfleet-agent; give each its own --spool-dir", path));
  }
  std::unique_ptr<SpoolDirectory> directory(new SpoolDirectory(path, lock.Release()));
  if (auto status = directory->CheckOwner(owner); !status.ok()) return status;
  auto opened = directory->Read();
  if (opened.ok()) opened->directory = std::move(directory);
  return opened;
}

absl::Status SpoolDirectory::CheckOwner(const std::string& owner) {
  const std::string path = path_ + "/owner";
  std::ifstream in(path);
  std::string found;
  std::getline(in, found);
  if (found == owner) return absl::OkStatus();
  if (!found.empty()) {
    return absl::FailedPreconditionError(fmt::format(
        "{} holds results of agent {}, this is {}; give each agent its own --spool-dir", path_, found, owner));
  }
  const File file(path, O_WRONLY | O_TRUNC);
  if (!file.is_open() || !file.WriteAll(owner + "\n") || fsync(file.number()) != 0)
    return Problem("cannot write", path);
  return SyncDirectory(path_);
}

absl::StatusOr<SpoolDirectory::Opened> SpoolDirectory::Read() {
  Opened opened;
  std::error_code error;
  for (fs::directory_iterator it(path_, error), end; !error && it != end; it.increment(error)) {
    const fs::path& file = it->path();
    std::error_code ignored;
    if (file.extension() == kDraftSuffix) fs::remove(file, ignored);
    if (file.extension() != kSuffix) continue;
    auto batch = ReadBatch(file);
    if (batch) {
      opened.batches.push_back(*std::move(batch));
    } else {
      fs::rename(file, file.string() + ".damaged", ignored);
      opened.damaged.push_back(file.filename().string());
    }
  }
  if (error) return absl::FailedPreconditionError(fmt::format("cannot read {}: {}", path_, error.message()));
  std::ranges::sort(opened.batches, {},
                    [](const v1::ResultBatch& batch) { return std::tuple(batch.lease(), batch.seq()); });
  return opened;
}

std::string SpoolDirectory::FileOf(LeaseId lease, BatchSeq seq) const {
  return fmt::format("{}/{:016x}-{:08x}{}", path_, lease.value(), seq.value(), kSuffix);
}

absl::Status SpoolDirectory::Write(const v1::ResultBatch& batch) {
  const std::string path = FileOf(LeaseId(batch.lease()), BatchSeq(batch.seq()));
  const std::string draft = path + std::string(kDraftSuffix);
  const std::string payload = batch.SerializeAsString();
  absl::Status status;
  {
    const File file(draft, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open()) return Problem("cannot write", draft);
    if (!file.WriteAll(HeadOf(payload)) || !file.WriteAll(payload) || fsync(file.number()) != 0) {
      status = Problem("cannot write", draft);
    }
  }
  if (status.ok() && std::rename(draft.c_str(), path.c_str()) != 0) status = Problem("cannot rename", draft);
  if (status.ok()) status = SyncDirectory(path_);
  if (!status.ok()) {
    unlink(draft.c_str());
    unlink(path.c_str());
  }
  return status;
}

absl::Status SpoolDirectory::Remove(LeaseId lease, BatchSeq seq) {
  // Not synced: one that comes back after a crash is sent again, and recognised.
  const std::string path = FileOf(lease, seq);
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return Problem("cannot remove", path);
  return absl::OkStatus();
}

}  // namespace wsfleet::agent
