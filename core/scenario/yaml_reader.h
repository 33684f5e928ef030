#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/scenario/diagnostics.h"
#include "core/scenario/yaml_node.h"

namespace wsfleet {

inline constexpr std::size_t kMaxYamlDepth = 64;
inline constexpr std::size_t kMaxYamlAliases = 100;
inline constexpr std::size_t kMaxYamlNodes = 200'000;  // aliases count as what they stand for
// Values that anchors keep and that aliases stand for: copies, which cost more than their text.
inline constexpr std::size_t kMaxYamlCopies = 20'000;
inline constexpr std::size_t kMaxYamlBrackets = 100'000;  // opening ones, wherever they stand

// One YAML document as a tree with marks. Nothing, and a diagnostic, for what is not one: a tab as indentation, a merge
// key, a key written twice, a second document, or anything beyond the limits above or kMaxFileBytes. `expected`: the
// keys that an empty file is told to lack; unless told otherwise, those of a suite.
std::optional<YamlNode> ReadYaml(const std::string& file, std::string_view text, Diagnostics& diagnostics,
                                 std::string_view expected = "version, name, scenarios");

}  // namespace wsfleet
