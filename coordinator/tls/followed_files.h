#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace wsfleet::coordinator {

// What a listener shows, and what it asks for. Certificate and key may be one file.
struct TlsFiles {
  std::string certificate;  // PEM, leaf first
  std::string key;          // PEM
  std::string client_ca;    // PEM; empty: clients need no certificate. Otherwise one that this authority signed.
};

// The files as they were when they last made sense: gRPC ends the process over one that is empty, as each is for a
// moment that is written over. A thread of its own looks at them twice a second; what it makes of them is copies in
// memory, which have paths in this process. Linux.
class FollowedFiles {
 public:
  // FAILED_PRECONDITION: a file cannot be read, or holds something else than what is expected of it.
  static absl::StatusOr<std::unique_ptr<FollowedFiles>> Follow(const TlsFiles& files);
  ~FollowedFiles();
  FollowedFiles(const FollowedFiles&) = delete;
  FollowedFiles& operator=(const FollowedFiles&) = delete;

  // For this process, as long as this object lives.
  TlsFiles copies() const;

  // Looks at the files now. Any thread. Errors are those of Follow(); the copies stay then.
  absl::Status Look();

 private:
  // A file in memory, whose path leads to one whole text or to the next.
  class Copy {
   public:
    Copy() = default;
    ~Copy();
    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;

    absl::Status Replace(const std::string& text);
    std::string path() const;

   private:
    int file_ = -1;
    std::string text_;
  };

  explicit FollowedFiles(TlsFiles files) : files_(std::move(files)) {}
  void Main();

  const TlsFiles files_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  Copy certificate_, key_, client_ca_;
  std::thread thread_;
};

}  // namespace wsfleet::coordinator
