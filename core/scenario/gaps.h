#pragma once

#include <cstddef>
#include <set>

namespace wsfleet {

// What of a suite could not be read. Who checks the rest does not take it for missing: that would only give follow-up
// errors.
struct Gaps {
  bool names = false;               // vars, credentials, targets or the like: a name that is not known is no error
  std::set<std::size_t> scenarios;  // by their position
};

}  // namespace wsfleet
