#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/scenario/fields.h"

namespace wsfleet {

// Where `path`, written in the file `from`, lies in the bundle. Nothing if that is outside of the bundle's folder.
std::optional<std::string> ResolveBundlePath(std::string_view from, std::string_view path);

// The content of a file that the suite names at `range`, relative to the file there; or null and an error.
const std::string* FindFile(ParseContext& context, std::string_view key, std::string_view path,
                            const SourceRange& range);

}  // namespace wsfleet
