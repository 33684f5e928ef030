#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace wsfleet {

// Where a text's […] and {…} are first more than `limit` deep, if they are: yaml-cpp reads all of them before it says
// that there is one. Of YAML that is not well-formed, or whose plain texts go on over lines that begin with a quote, it
// may find none.
std::optional<std::size_t> FindTooDeep(std::string_view text, std::size_t limit);

}  // namespace wsfleet
