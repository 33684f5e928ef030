#pragma once

#include <string>

namespace wsfleet::monitoring {

// docs/reference/metrics.md, made of the table.
std::string RenderReference();

}  // namespace wsfleet::monitoring
