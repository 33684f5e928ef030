#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace wsfleet {

// The hosts that a secret may be sent to, on any of their ports. Immutable.
class HostList {
 public:
  static constexpr std::size_t kMaxHosts = 64;

  // Any host: of a secret that the submitter of a run gave to it.
  HostList() = default;
  // As ReadHostPattern (core/policy) takes them, or "*", any host. INVALID_ARGUMENT: one that is none of these, none
  // at all, or too many.
  static absl::StatusOr<HostList> Parse(const std::vector<std::string>& patterns);

  // A host as it stands in a URL, without brackets. One of which programs do not agree which address it is never is.
  bool Allows(std::string_view host) const;

  bool any() const { return patterns_.empty(); }
  // As they may be parsed again.
  std::vector<std::string> patterns() const;
  // For messages: "a, b".
  std::string text() const;

  friend bool operator==(const HostList&, const HostList&) = default;

 private:
  std::vector<std::string> patterns_;  // of ReadHostPattern; empty: any
};

}  // namespace wsfleet
