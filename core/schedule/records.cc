#include "core/schedule/records.h"

#include <algorithm>
#include <array>
#include <utility>

namespace wsfleet {
namespace {

constexpr std::array<std::pair<OverlapPolicy, std::string_view>, 4> kPolicies{{
    {OverlapPolicy::kSkip, "skip"},
    {OverlapPolicy::kBufferOne, "buffer_one"},
    {OverlapPolicy::kAllow, "allow"},
    {OverlapPolicy::kCancelOther, "cancel_other"},
}};

constexpr std::array<std::pair<TickOutcome, std::string_view>, 5> kOutcomes{{
    {TickOutcome::kStarted, "started"},
    {TickOutcome::kWaiting, "waiting"},
    {TickOutcome::kSkipped, "skipped"},
    {TickOutcome::kMissed, "missed"},
    {TickOutcome::kRefused, "refused"},
}};

template <typename Table, typename Value>
std::string_view NameIn(const Table& table, Value value) {
  const auto found = std::ranges::find(table, value, &Table::value_type::first);
  return found == table.end() ? "unknown" : found->second;
}

template <typename Table>
std::optional<typename Table::value_type::first_type> FindIn(const Table& table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &Table::value_type::second);
  if (found == table.end()) return std::nullopt;
  return found->first;
}

}  // namespace

std::string_view OverlapPolicyName(OverlapPolicy policy) { return NameIn(kPolicies, policy); }
std::optional<OverlapPolicy> ParseOverlapPolicy(std::string_view name) { return FindIn(kPolicies, name); }

bool IsScheduleName(std::string_view name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  constexpr std::string_view kInner = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !name.empty() && name.size() <= kMaxScheduleNameBytes && kLetters.find(name.front()) != kLetters.npos &&
         name.find_first_not_of(kInner) == std::string_view::npos;
}

std::string_view TickOutcomeName(TickOutcome outcome) { return NameIn(kOutcomes, outcome); }
std::optional<TickOutcome> ParseTickOutcome(std::string_view name) { return FindIn(kOutcomes, name); }

}  // namespace wsfleet
