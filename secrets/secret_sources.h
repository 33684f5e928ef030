#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "core/secret/given_secret.h"
#include "core/secret/parse_secrets.h"

namespace wsfleet {

// The secrets that an operator gives to a coordinator or to an agent: files, directories of files, and variables of
// the environment. Files are read when they are asked for, so that a new value counts from the next lease on.
// Immutable; thread-safe.
class SecretSources {
 public:
  // As the file at `path` says (core/secret/parse_secrets.h); paths in it begin where it is. Values of variables are
  // taken out of the environment of this process, where others could read them: once, before there are threads.
  // FAILED_PRECONDITION: the file cannot be read. INVALID_ARGUMENT: what is wrong in it, with places. A value that is
  // not there yet, or is not private, is no error here.
  static absl::StatusOr<SecretSources> Open(const std::string& path, FleetsOfSecrets fleets);

  // The fleet's secret of this name, as it is now. NOT_FOUND: there is none for this fleet. FAILED_PRECONDITION: there
  // is, and it cannot be had: why, and never what it is. May block as long as a file system does.
  absl::StatusOr<GivenSecret> Read(const std::string& name, const FleetName& fleet) const;

 private:
  SecretSources() = default;

  absl::StatusOr<Secret> ValueOf(const SecretEntry& entry) const;

  SecretsFile file_;  // with absolute paths
  std::map<std::string, Secret> environment_;
};

}  // namespace wsfleet
