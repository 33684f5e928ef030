#include "secrets/process_memory.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace wsfleet {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WSFLEET_LEAKS_ARE_SEARCHED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WSFLEET_LEAKS_ARE_SEARCHED
#endif

#ifdef WSFLEET_LEAKS_ARE_SEARCHED
constexpr bool kLeaksAreSearched = true;
#else
constexpr bool kLeaksAreSearched = false;
#endif

}  // namespace

void KeepMemoryToItself() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  // The limit does not count where cores are piped to a program (core(5)).
  if constexpr (!kLeaksAreSearched) prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace wsfleet
