#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/scenario/fields.h"
#include "core/scenario/suite.h"

namespace wsfleet {

std::vector<Requirement> ParseRequires(ParseContext& context, const YamlNode& node);
std::vector<std::pair<std::string, TemplateValue>> ParseVars(ParseContext& context, const YamlNode& node);
// `targets` and `target` of a suite.
void ParseTargets(ParseContext& context, const YamlNode& root, Suite& suite);

}  // namespace wsfleet
