#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace wsfleet::agent {

// Whose identity directory it is, for as long as this lives: two processes that speak as one agent take its name from
// each other. Ends with the process, however that ends.
class IdentityLock {
 public:
  // Makes the directory (0700) if there is none. FAILED_PRECONDITION: another process uses it, which is named; or it
  // cannot be made or written.
  static absl::StatusOr<std::unique_ptr<IdentityLock>> Take(const std::string& directory);
  ~IdentityLock();
  IdentityLock(const IdentityLock&) = delete;
  IdentityLock& operator=(const IdentityLock&) = delete;

 private:
  explicit IdentityLock(int file) : file_(file) {}

  int file_;
};

}  // namespace wsfleet::agent
