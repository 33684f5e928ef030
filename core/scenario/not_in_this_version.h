#pragma once

#include <string>

#include "core/base/source.h"

namespace wsfleet {

// A key that this version understands and does not run yet; `run` refuses it at its place.
struct NotInThisVersion {
  std::string what;  // "load", "thresholds", …
  SourceRange range;
};

}  // namespace wsfleet
