#include "agent/engine/beast_random.h"

#include <openssl/rand.h>

#include <array>
#include <cstddef>
#include <exception>

namespace wsfleet::engine {

std::uint32_t RandomWord() {
  thread_local std::array<std::uint32_t, 256> words;
  thread_local std::size_t next = words.size();
  if (next == words.size()) {
    auto* const bytes = reinterpret_cast<unsigned char*>(words.data());
    if (RAND_bytes(bytes, static_cast<int>(sizeof(words))) != 1) std::terminate();
    next = 0;
  }
  return words[next++];
}

}  // namespace wsfleet::engine
