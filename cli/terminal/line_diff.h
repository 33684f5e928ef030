#pragma once

#include <string>
#include <string_view>

namespace wsfleet::cli {

// The lines of both texts in their order: "  " stands before one that both have, "- " and "+ " before one that only the
// first or the second has. Takes time and memory of the product of their lines.
std::string RenderLineDiff(std::string_view before, std::string_view after);

}  // namespace wsfleet::cli
