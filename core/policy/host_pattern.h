#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/policy/address.h"

// Hosts, and how lists name them: a fleet's targets, and where a secret may be sent. Pure.
namespace wsfleet {

// A host as it may stand in a URL.
struct TargetHost {
  std::string name;                  // lower case, without a dot at its end
  std::optional<IpAddress> address;  // absent: it is resolved
};

// INVALID_ARGUMENT: some programs would read an address into it that it does not say, such as 0x7f.1, 0177.0.0.1 and
// 2130706433 (all of them 127.0.0.1); or its address has a zone.
absl::StatusOr<TargetHost> ReadTargetHost(std::string_view host);

// "chat.example.com"; "*.example.com", every name that ends so, and not this one, nor an address; or an address. As
// MatchesHost takes it. INVALID_ARGUMENT: it is none of these.
absl::StatusOr<std::string> ReadHostPattern(std::string_view text);
// `pattern`: of ReadHostPattern.
bool MatchesHost(std::string_view pattern, const TargetHost& host);

}  // namespace wsfleet
