#pragma once

#include <string>
#include <string_view>

#include "core/verdict/summary.h"

// What a person can do about a failure: docs/reference/failures.md in a line.
namespace wsfleet::cli {

// What to look at for a class: "`dig` the name on the agent's host; …". Empty for kNone. Of a `local` run no
// coordinator can be asked.
std::string WhatToLookAt(FailureClass failure, bool local);

// What an attribution means for where to begin. Empty for kNone.
std::string WhereToBegin(const AttributedFailure& failure);

}  // namespace wsfleet::cli
