#pragma once

#include <string>
#include <string_view>

#include "core/scenario/fields.h"

// Load models and thresholds: this version knows what is right, and does not run them.
namespace wsfleet {

void CheckLoad(ParseContext& context, const YamlNode& node);
void CheckThresholds(ParseContext& context, const YamlNode& node);

}  // namespace wsfleet
