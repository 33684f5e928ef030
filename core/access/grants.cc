#include "core/access/grants.h"

#include <algorithm>

#include "fmt/format.h"

namespace wsfleet {

void Grants::Add(const std::optional<FleetName>& fleet, Role role) {
  if (fleet) {
    Role& known = fleets_.try_emplace(*fleet, role).first->second;
    known = std::max(known, role);
  } else {
    every_ = std::max(every_.value_or(role), role);
  }
}

std::optional<Role> Grants::In(const FleetName& fleet) const {
  const auto found = fleets_.find(fleet);
  if (found == fleets_.end()) return every_;
  return std::max(found->second, every_.value_or(found->second));
}

std::optional<Role> Grants::Highest() const {
  std::optional<Role> highest = every_;
  for (const auto& [fleet, role] : fleets_) highest = std::max(highest.value_or(role), role);
  return highest;
}

std::string Grants::Text() const {
  constexpr std::size_t kMaxNamed = 5;
  if (empty()) return "no role";
  std::string text;
  std::size_t named = 0;
  for (const auto& [fleet, role] : fleets_) {
    if (++named > kMaxNamed) continue;
    text += fmt::format("{}{} in fleet \"{}\"", text.empty() ? "" : ", ", RoleName(role), fleet.value());
  }
  if (named > kMaxNamed) text += fmt::format(" and {} more", named - kMaxNamed);
  if (every_) text += fmt::format("{}{} in every fleet", text.empty() ? "" : ", ", RoleName(*every_));
  return text;
}

}  // namespace wsfleet
