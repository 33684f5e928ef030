#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "boost/asio/ip/address.hpp"
#include "core/policy/target_policy.h"

namespace wsfleet::engine {

// Asked before each connection: first of the host that it is for, then of each address that this resolved to, and of
// the one that answered. Every rule must permit it; without one, whatever a cloud does not keep credentials at may be
// connected to. Immutable.
class TargetGuard {
 public:
  struct Rule {
    TargetPolicy policy;
    std::string whose;  // "the policy of fleet default"
  };
  TargetGuard() = default;
  explicit TargetGuard(std::vector<Rule> rules) : rules_(std::move(rules)) {}

  // INVALID_ARGUMENT, PERMISSION_DENIED: as core/policy/target_policy.h.
  absl::Status CheckTarget(const std::string& host, std::uint16_t port) const;
  absl::Status CheckAddress(const std::string& host, std::uint16_t port, const boost::asio::ip::address& address) const;

  // By name: those of every rule that connections to this place are counted in.
  std::vector<BudgetName> BudgetsAt(const std::string& host, std::uint16_t port) const;

 private:
  std::vector<Rule> rules_;
};

}  // namespace wsfleet::engine
