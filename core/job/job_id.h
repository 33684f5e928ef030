#pragma once

#include <cstdint>

#include "core/base/ids.h"

namespace wsfleet {

// "r-" and ten characters of Crockford's base 32, of the lowest 50 bits of a random number.
JobId JobIdOf(std::uint64_t random);

}  // namespace wsfleet
