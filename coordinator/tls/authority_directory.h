#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/tls/authority.h"
#include "coordinator/tls/x509.h"

// How the files of an authority are read and written.
namespace wsfleet::coordinator {

// While it lives, no other process that takes it writes the files.
class DirectoryLock {
 public:
  static absl::StatusOr<std::unique_ptr<DirectoryLock>> Take(const std::string& path);
  explicit DirectoryLock(int file) : file_(file) {}
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  int file_;
};

// Key and certificate of a root. NOT_FOUND: there is no such file.
absl::StatusOr<x509::Identity> ReadIssuer(const std::string& path);
// Each file is the directory's owner's, whoever writes it.
absl::Status WriteNewRoot(const std::string& path, absl::Time now);
// Makes trust.pem of the other files, if it differs.
absl::Status WriteTrusted(const AuthorityFiles& files);

}  // namespace wsfleet::coordinator
