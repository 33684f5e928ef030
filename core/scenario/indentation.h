#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wsfleet {

// Why a YAML parser may have stumbled over this line (from 1): how it is indented, against the lines above it that are
// still open. A sentence with their numbers; empty if it is indented as one of them, or stands inside of […] or {…}.
// Takes a time that is linear in the text.
std::string ExplainIndentation(std::string_view text, std::uint32_t line);

}  // namespace wsfleet
