#pragma once

#include <string>
#include <vector>

#include "core/scenario/fields.h"
#include "core/scenario/suite.h"

namespace wsfleet {

// The `name` of a suite or scenario.
std::string ReadName(ParseContext& context, const YamlNode& node);
std::vector<std::string> ParseTags(ParseContext& context, const YamlNode& node);
// `scenarios` of a suite whose tags and defaults are known.
void ParseScenarios(ParseContext& context, const YamlNode& root, Suite& suite);

}  // namespace wsfleet
