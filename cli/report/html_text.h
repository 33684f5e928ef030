#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/verdict/taxonomy.h"

namespace wsfleet::cli {

// Text of anybody, a hostile target included, as it may stand in an element or in a quoted attribute of HTML: cut to
// `max_bytes`, the characters of markup written as references, control characters but line ends and tabs as '?'.
std::string HtmlText(std::string_view text, std::size_t max_bytes = 4096);

// An outcome by icon and word, coloured: `<span class="failed">…✗… failed</span>`.
std::string HtmlOutcome(Outcome outcome, bool flaky);

}  // namespace wsfleet::cli
