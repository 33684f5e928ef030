#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/verdict/known_values.h"

namespace wsfleet {

// What is looked for in a text, in groups that may be of different owners.
using GroupsOfValues = std::vector<std::shared_ptr<KnownValues>>;

// The text with `by` for each value in it: as it is, escaped (decoded_text.h), in hexadecimal, and in base64, also
// within what was encoded as a whole; in these two, what was escaped before too. Where an excerpt ends ("…", the end of
// the text, a quotation mark), the begin of one is enough. Values that overlap, or follow each other, are one.
std::string ReplaceValues(std::string_view text, const GroupsOfValues& values, std::string_view by);

}  // namespace wsfleet
