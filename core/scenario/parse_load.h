#pragma once

#include <string_view>

#include "core/scenario/fields.h"

// Load models and thresholds: this version knows what is right, and does not run them.
namespace wsfleet {

// "50/s", "0.5/m", "10/h".
bool IsRate(std::string_view text);

void CheckLoad(ParseContext& context, const YamlNode& node, bool has_thresholds);
void CheckThresholds(ParseContext& context, const YamlNode& node);

}  // namespace wsfleet
