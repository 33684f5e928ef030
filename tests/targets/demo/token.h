#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wsfleet::demo {

// The subject of a JWT that HS256 with this key has signed and that is valid now; nothing for any other text, with the
// reason in `why`.
std::optional<std::string> CheckToken(std::string_view token, std::string_view key, std::string& why);

}  // namespace wsfleet::demo
