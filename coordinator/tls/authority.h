#pragma once

#include <openssl/evp.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/agent_name.h"

namespace wsfleet::coordinator {

// The own authority of a coordinator, as files of a directory (0700) that its replicas share. They are read when they
// are needed, so whoever changes them by the functions below need not restart anybody.
struct AuthorityFiles {
  explicit AuthorityFiles(const std::string& directory);

  std::string current;   // current.pem (0600): key and certificate of the root that issues
  std::string next;      // next.pem (0600): of one that is trusted and does not issue yet
  std::string previous;  // previous.pem: certificate of one that is still trusted and issues no more; its key is gone
  std::string trusted;   // trust.pem: the certificates of all of these, for agents and clients
  std::string lock;      // held while any of them is written
};

// Thread-safe: everything is in the files. Errors: FAILED_PRECONDITION, what is wrong with which file.
class Authority {
 public:
  // Makes a root if there is none.
  static absl::StatusOr<Authority> Open(const std::string& directory, absl::Time now);

  struct AgentCertificate {
    std::string chain;  // PEM
    absl::Time expires;
  };
  // A certificate that names the agent, for clients of TLS only. It begins a little before `now`, since clocks differ.
  absl::StatusOr<AgentCertificate> IssueToAgent(EVP_PKEY* key, const AgentName& name, absl::Duration life,
                                                absl::Time now) const;

  // The file, of key and certificate in one, of a certificate of the coordinator's listeners for these names (hosts and
  // addresses). Made anew if it is missing, past two thirds of its life, or not of the root that issues. Call it again
  // from time to time. INVALID_ARGUMENT: a name that a certificate cannot have.
  absl::StatusOr<std::string> KeepServerCertificate(const std::vector<std::string>& names, absl::Time now) const;

  // Whether one of the roots that are trusted by now has signed it (PEM), whatever was trusted when it was shown.
  // PERMISSION_DENIED.
  absl::Status CheckTrusted(const std::string& certificate) const;

  // PEM, as in AuthorityFiles::trusted.
  absl::StatusOr<std::string> Trusted() const;
  const std::string& trusted_file() const { return files_.trusted; }

 private:
  explicit Authority(const std::string& directory) : directory_(directory), files_(directory) {}

  std::string directory_;
  AuthorityFiles files_;
};

// A rotation, in three steps. Between them, everybody has to learn what the step before has changed:
// docs/how-to/rotate-certificates.md. FAILED_PRECONDITION: it is not the turn of this step, and which one's it is.

// A new root is trusted, and issues nothing yet.
absl::Status AddRoot(const std::string& directory, absl::Time now);
// The new root issues from now on; the old one is still trusted, its key is deleted.
absl::Status IssueFromNewRoot(const std::string& directory);
// The root that does not issue is trusted no more: the old one, or, before the step above, the new one.
absl::Status DropRoot(const std::string& directory);

// In place of all three, when the key of a root may be known to others: a new root issues, and alone is trusted.
// Whoever has a certificate of another one has to enrol again. At any time.
absl::Status ReplaceRoots(const std::string& directory, absl::Time now);

struct RootFacts {
  std::string role;  // "issues", "trusted, will issue", "trusted, issued before"
  std::string fingerprint;
  absl::Time until;
};
// NOT_FOUND: there is no authority.
absl::StatusOr<std::vector<RootFacts>> ListRoots(const std::string& directory);

}  // namespace wsfleet::coordinator
