#include "agent/engine/target_guard.h"

#include <set>
#include <string_view>

#include "core/policy/budget.h"

namespace wsfleet::engine {
namespace {

IpAddress ToIpAddress(const boost::asio::ip::address& address) {
  if (address.is_v6()) return IpAddress(address.to_v6().to_bytes());
  const auto bytes = address.to_v4().to_bytes();
  return IpAddress::V4(bytes[0], bytes[1], bytes[2], bytes[3]);
}

// `check(policy, whose)` by each rule; the first that refuses has the word.
template <typename Check>
absl::Status ByEach(const std::vector<TargetGuard::Rule>& rules, Check check) {
  if (rules.empty()) return check(AnyTarget(), "every policy");
  for (const TargetGuard::Rule& rule : rules) {
    if (absl::Status status = check(rule.policy, rule.whose); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status TargetGuard::CheckTarget(const std::string& host, std::uint16_t port) const {
  const auto read = ReadTargetHost(host);
  if (!read.ok()) return read.status();
  return ByEach(rules_, [&](const TargetPolicy& policy, std::string_view whose) {
    return wsfleet::CheckTarget(policy, whose, *read, port);
  });
}

absl::Status TargetGuard::CheckAddress(const std::string& host, std::uint16_t port,
                                       const boost::asio::ip::address& address) const {
  const auto read = ReadTargetHost(host);
  if (!read.ok()) return read.status();
  return ByEach(rules_, [&](const TargetPolicy& policy, std::string_view whose) {
    return wsfleet::CheckAddress(policy, whose, *read, port, ToIpAddress(address));
  });
}

std::vector<BudgetName> TargetGuard::BudgetsAt(const std::string& host, std::uint16_t port) const {
  const auto read = ReadTargetHost(host);
  if (!read.ok()) return {};
  std::set<BudgetName> names;
  for (const Rule& rule : rules_) {
    for (BudgetName& name : wsfleet::BudgetsAt(rule.policy, *read, port)) names.insert(std::move(name));
  }
  return {names.begin(), names.end()};
}

}  // namespace wsfleet::engine
