#pragma once

#include <string>
#include <vector>

#include "core/verdict/result.h"

namespace wsfleet::cli {

// What the tries before the one that is shown have found: "try 1", "[close] the connection was closed with 1006".
std::vector<Note> EarlierTries(const CaseResult& result);

// "passed in try 2; try 1: [close] the connection was closed with 1006", "3 times, each with the same" (of what was
// tried so often). Empty if there was one try.
std::string TriesText(const CaseResult& result);

// The failure whose evidence is kept: of a case that passed after a failed try, that of the first one. Null if nothing
// went wrong.
const Failure* KeptFailure(const CaseResult& result);

}  // namespace wsfleet::cli
