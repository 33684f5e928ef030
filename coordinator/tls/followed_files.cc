#include "coordinator/tls/followed_files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "coordinator/private_file.h"
#include "coordinator/tls/x509.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::chrono::milliseconds kInterval{500};

struct Texts {
  std::string certificate, key, client_ca;
};

absl::StatusOr<Texts> Read(const TlsFiles& files) {
  Texts texts;
  for (const auto& [path, text] : {std::pair(&files.certificate, &texts.certificate),
                                   {&files.key, &texts.key},
                                   {&files.client_ca, &texts.client_ca}}) {
    if (path->empty()) continue;
    auto read = ReadSmallFile(*path);
    if (!read.ok()) {
      return absl::FailedPreconditionError(fmt::format("cannot read it: {}", ToStd(read.status().message())));
    }
    *text = *std::move(read);
  }
  return texts;
}

absl::Status Check(const TlsFiles& files, const Texts& texts) {
  const auto expected = [](const std::string& path, std::string_view what) {
    return absl::FailedPreconditionError(fmt::format("{}: expected {} in PEM", path, what));
  };
  const x509::Certificate certificate = x509::ReadCertificate(texts.certificate);
  if (!certificate) return expected(files.certificate, "a certificate");
  const x509::Key key = x509::ReadKey(texts.key);
  if (!key) return expected(files.key, "a private key");
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return absl::FailedPreconditionError(
        fmt::format("{} is not the key of the first certificate in {}", files.key, files.certificate));
  }
  if (!files.client_ca.empty() && !x509::ReadCertificate(texts.client_ca)) {
    return expected(files.client_ca, "certificates of an authority");
  }
  return absl::OkStatus();
}

absl::Status Failed(std::string_view what) {
  return absl::FailedPreconditionError(fmt::format("cannot {}: {}", what, std::strerror(errno)));
}

}  // namespace

FollowedFiles::Copy::~Copy() {
  if (file_ >= 0) close(file_);
}

std::string FollowedFiles::Copy::path() const {
  return file_ < 0 ? std::string() : fmt::format("/proc/self/fd/{}", file_);
}

absl::Status FollowedFiles::Copy::Replace(const std::string& text) {
  if (file_ >= 0 && text == text_) return absl::OkStatus();
  const int file = memfd_create("wsfleet-tls", MFD_CLOEXEC);
  if (file < 0) return Failed("make a file in memory");
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t count = write(file, text.data() + written, text.size() - written);
    if (count < 0 && errno != EINTR) {
      close(file);
      return Failed("write a file in memory");
    }
    if (count > 0) written += static_cast<std::size_t>(count);
  }
  if (file_ < 0) {
    file_ = file;
  } else {
    // At once: whoever opens the path gets the old text or the new one.
    const bool replaced = dup3(file, file_, O_CLOEXEC) >= 0;
    close(file);
    if (!replaced) return Failed("replace a file in memory");
  }
  text_ = text;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FollowedFiles>> FollowedFiles::Follow(const TlsFiles& files) {
  std::unique_ptr<FollowedFiles> followed(new FollowedFiles(files));
  if (auto status = followed->Look(); !status.ok()) return status;
  followed->thread_ = std::thread([self = followed.get()] { self->Main(); });
  return followed;
}

FollowedFiles::~FollowedFiles() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

TlsFiles FollowedFiles::copies() const { return {certificate_.path(), key_.path(), client_ca_.path()}; }

absl::Status FollowedFiles::Look() {
  const auto texts = Read(files_);
  if (!texts.ok()) return texts.status();
  if (auto status = Check(files_, *texts); !status.ok()) return status;
  const std::lock_guard lock(mutex_);
  // Whoever reads a key and then its certificate may get one of either; gRPC looks again then.
  if (auto status = key_.Replace(texts->key); !status.ok()) return status;
  if (auto status = certificate_.Replace(texts->certificate); !status.ok()) return status;
  return files_.client_ca.empty() ? absl::OkStatus() : client_ca_.Replace(texts->client_ca);
}

void FollowedFiles::Main() {
  absl::Status last;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kInterval, [this] { return stopping_; })) {
    lock.unlock();
    const absl::Status status = Look();
    // Once for one reason, however often it is looked.
    if (!status.ok() && status != last) {
      spdlog::warn("certificate files are not taken, the last ones stay reason=\"{}\"", ToStd(status.message()));
    }
    last = status;
    lock.lock();
  }
}

}  // namespace wsfleet::coordinator
