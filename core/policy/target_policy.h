#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/base/ids.h"
#include "core/policy/address.h"
#include "core/policy/host_pattern.h"

// Which servers may be connected to. Asked when a run is submitted, of what it names, and by the agent again, of every
// address that it is about to connect to. Pure.
namespace wsfleet {

// What all runs that connect to some targets may take together, in every fleet that says so; or a share of it.
struct Budget {
  BudgetName name;
  std::uint32_t connections = 0;          // at once
  std::uint32_t sessions_per_second = 0;  // that begin

  friend bool operator==(const Budget&, const Budget&) = default;
};

struct AllowedTarget {
  std::string host;  // of ReadHostPattern; an address may be a special one
  std::vector<std::uint16_t> ports = {80, 443};
  // That its names may resolve to, beside addresses of the public internet.
  std::vector<AddressRange> special_addresses = {};
  std::optional<Budget> budget = {};  // that connections to it are counted in; entries of one name have the same

  friend bool operator==(const AllowedTarget&, const AllowedTarget&) = default;
};

struct TargetPolicy {
  static constexpr std::size_t kMaxAllowed = 256;
  static constexpr std::size_t kMaxBudgets = 16;

  bool any = false;                    // whatever a cloud does not keep credentials at
  std::vector<AllowedTarget> allowed;  // empty, and not any: nothing

  friend bool operator==(const TargetPolicy&, const TargetPolicy&) = default;
};

// Of a machine's own fleet, which has the rights of who started it.
inline TargetPolicy AnyTarget() { return {true, {}}; }

// `whose`: "the policy of fleet default", for messages. PERMISSION_DENIED: which rule refuses it, and what to do. An
// address in place of a name is judged as one that a name resolved to.
absl::Status CheckTarget(const TargetPolicy& policy, std::string_view whose, const TargetHost& host,
                         std::uint16_t port);
// The same of an address that the host resolved to. One where a cloud keeps credentials is refused by every policy.
absl::Status CheckAddress(const TargetPolicy& policy, std::string_view whose, const TargetHost& host,
                          std::uint16_t port, const IpAddress& address);

}  // namespace wsfleet
