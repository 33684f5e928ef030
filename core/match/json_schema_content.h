#pragma once

#include <optional>
#include <string>

#include "boost/json/value.hpp"
#include "core/match/json_schema_keywords.h"

namespace wsfleet {

// Why `content` may not stand behind a keyword of this kind that holds no schema: "expected a number, found "5"".
// valijson would take the text for a number, and values would be blamed for it. Numbers are normal (NormalizeNumbers).
std::optional<std::string> ProblemOfContent(SchemaKind kind, const boost::json::value& content);

}  // namespace wsfleet
