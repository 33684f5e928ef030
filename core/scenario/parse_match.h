#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/match/selector.h"
#include "core/scenario/fields.h"
#include "core/scenario/key_table.h"

namespace wsfleet {

Predicate ParsePredicate(ParseContext& context, std::string_view key, const YamlNode& node);
// Of tests on what is always a number, such as a status, or always one of `words`: errors for values that it can never
// be.
void CheckNumbers(ParseContext& context, std::string_view key, const YamlNode& node);
void CheckWords(ParseContext& context, std::string_view key, const YamlNode& node, keys::Words words);
// A selector on frames; with `json_only` only paths are allowed (an HTTP body).
Selector ParseSelector(ParseContext& context, const YamlNode& node, bool json_only = false);
// `http`: header: and cookie: are allowed too.
std::optional<CaptureSource> ParseSource(ParseContext& context, std::string_view key, const YamlNode& node, bool http);
std::vector<Capture> ParseCaptures(ParseContext& context, const YamlNode& node, bool http);
// Null, and an error, for what is no RE2 expression; `text` begins at `range`.
std::shared_ptr<const re2::RE2> ParseRegex(ParseContext& context, std::string_view key, std::string_view text,
                                           const SourceRange& range);
std::optional<JsonPath> ParsePath(ParseContext& context, std::string_view text, const SourceRange& range);

}  // namespace wsfleet
