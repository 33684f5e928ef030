#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/oidc/public_key.h"
#include "core/access/role.h"
#include "core/base/ids.h"

namespace wsfleet::oidc {

// A claim by the members that lead to it: {"realm_access", "roles"}.
using ClaimPath = std::vector<std::string>;

// Where an issuer's keys are: one of `url` and `file`.
struct KeyLocation {
  std::string url;      // https://…, or http://… on loopback
  std::string file;     // as it was written
  std::string ca_file;  // of the URL's certificate; empty: the system's authorities
  absl::Duration refresh = absl::Hours(1);
  absl::Duration keep = absl::Hours(24);  // how long they are good if they cannot be read again

  friend bool operator==(const KeyLocation&, const KeyLocation&) = default;
};

// Somebody whose word is taken for who a caller is, and what follows from it.
struct Issuer {
  struct Mapping {
    std::string group;
    std::optional<FleetName> fleet;  // absent: every one
    Role role = Role::kViewer;
  };

  std::string name;    // for people
  std::string issuer;  // `iss`, exactly
  std::vector<std::string> audiences;
  KeyLocation keys;
  std::vector<Algorithm> algorithms = {Algorithm::kRs256, Algorithm::kEs256};
  ClaimPath groups_claim = {"groups"};
  ClaimPath name_claim = {"sub"};
  absl::Duration leeway = absl::Seconds(30);
  absl::Duration max_life = absl::Hours(24);
  std::vector<Mapping> roles;
};

}  // namespace wsfleet::oidc
