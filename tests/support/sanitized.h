#pragma once

namespace wsfleet::testing {

// Whether this build is one of AddressSanitizer or ThreadSanitizer, and so has their memory and their malloc.
#if defined(__has_feature)
inline constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace wsfleet::testing
