#pragma once

#include <cstddef>
#include <string_view>

namespace wsfleet {

inline constexpr std::size_t kMaxIdentifierBytes = 128;

// Whether it may name an agent, a region or a fleet: 1 to 128 letters, digits, '.', '_' or '-'.
inline bool IsIdentifier(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !text.empty() && text.size() <= kMaxIdentifierBytes &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace wsfleet
