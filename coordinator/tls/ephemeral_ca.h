#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace wsfleet::coordinator {

// The files of a private authority for one machine: `wsfleet dev` and `--local`.
struct EphemeralCaFiles {
  explicit EphemeralCaFiles(const std::string& directory);

  std::string ca;                  // ca.pem: what clients and agents trust
  std::string server_certificate;  // server.pem: for localhost, 127.0.0.1 and ::1
  std::string server_key;          // server.key
  std::string agent_certificate;   // agent.pem: what agents present
  std::string agent_key;           // agent.key
  std::string client_token;        // token: what clients present, without an end of line
};

// Writes all of them into `directory` (0700, created if missing; keys and token 0600). ECDSA on P-256, valid for 30
// days. Files that are complete and valid for another day stay, so that agents and clients survive a restart of the
// coordinator. The authority's own key is never written, so nothing else can be signed with it.
// FAILED_PRECONDITION: the directory or a file in it cannot be used.
absl::Status MakeEphemeralCa(const std::string& directory, absl::Time now);

}  // namespace wsfleet::coordinator
