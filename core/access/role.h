#pragma once

#include <optional>
#include <string_view>

namespace wsfleet {

// What somebody may do in a fleet. Each may do what those before it may.
enum class Role {
  kViewer,    // look
  kRunner,    // make runs and cancel them
  kOperator,  // what keeps running without them: schedules, agents
  kAdmin,     // who may do what: tokens, the audit log
};
std::string_view RoleName(Role role);  // "viewer"
std::optional<Role> ParseRole(std::string_view name);

}  // namespace wsfleet
