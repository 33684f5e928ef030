#pragma once

#include <vector>

#include "core/scenario/parse_connection.h"

namespace wsfleet {

std::vector<Step> ParseSteps(ParseContext& context, const YamlNode& node);

}  // namespace wsfleet
