#pragma once

#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/source.h"
#include "core/scenario/diagnostics.h"
#include "core/secret/host_list.h"

namespace wsfleet {

// Who may have a secret, and where it goes.
struct SecretScope {
  HostList hosts;
  std::vector<FleetName> fleets;  // empty: any, of a file that need not name them

  bool IsFor(const FleetName& fleet) const;
};

// One secret by name.
struct SecretEntry {
  std::string name;
  std::string file;         // as it was written; or
  std::string environment;  // the name of a variable
  SecretScope scope;
};

// A file for each secret, under its name: so Kubernetes mounts a Secret.
struct SecretDirectory {
  std::string path;
  SecretScope scope;
};

// What an operator says of secrets that coordinators and agents have (docs/how-to/secrets.md). No values.
struct SecretsFile {
  std::vector<SecretEntry> secrets;
  std::vector<SecretDirectory> directories;
};

struct SecretsFileResult {
  SecretsFile file;  // empty if there is an error
  std::vector<Diagnostic> diagnostics;
};

// Whether each secret has to say for which fleets it is.
enum class FleetsOfSecrets { kNamed, kOptional };

// `file` is its name in diagnostics, which never show what stands where a value could be. Pure; never throws.
SecretsFileResult ParseSecretsFile(const std::string& file, const std::string& text, FleetsOfSecrets fleets);

}  // namespace wsfleet
