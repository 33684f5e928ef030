#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/access/role.h"
#include "core/base/ids.h"

namespace wsfleet {

// Which role somebody has, and where.
class Grants {
 public:
  Grants() = default;
  // `fleet` absent: in every one.
  Grants(const std::optional<FleetName>& fleet, Role role) { Add(fleet, role); }
  // If there is one there already, the higher one counts.
  void Add(const std::optional<FleetName>& fleet, Role role);

  bool empty() const { return !every_ && fleets_.empty(); }
  // What they have in this fleet, or in every one.
  std::optional<Role> In(const FleetName& fleet) const;
  // What they have in fleets of whatever name.
  std::optional<Role> InEvery() const { return every_; }
  // The highest that they have anywhere.
  std::optional<Role> Highest() const;
  // Those that are for one fleet alone.
  const std::map<FleetName, Role>& fleets() const { return fleets_; }

  // For people: "viewer in fleet \"blue\", admin in every fleet"; some of them if there are many.
  std::string Text() const;

  friend bool operator==(const Grants&, const Grants&) = default;

 private:
  std::optional<Role> every_;
  std::map<FleetName, Role> fleets_;
};

}  // namespace wsfleet
