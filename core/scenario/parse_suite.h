#pragma once

#include <optional>

#include "core/scenario/fields.h"
#include "core/scenario/suite.h"

namespace wsfleet {

// The shape of one suite with scenarios: keys, types and words. What depends on more than one place is check_suite's.
std::optional<Suite> ParseSuite(ParseContext& context, const YamlNode& root);

}  // namespace wsfleet
