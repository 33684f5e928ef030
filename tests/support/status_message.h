#pragma once

#include <string>

#include "absl/status/status.h"
#include "core/base/text.h"

namespace wsfleet::testing {

// What a status says, as the matchers of strings take it.
inline std::string Message(const absl::Status& status) { return std::string(ToStd(status.message())); }

}  // namespace wsfleet::testing
