// A request that ends who sends it: preloaded (LD_PRELOAD), it aborts the process that sends the bytes of
// WSFLEET_FATAL_REQUEST to anybody.

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstddef>

namespace {

void AbortIfFatal(const void* bytes, size_t size) {
  const char* fatal = getenv("WSFLEET_FATAL_REQUEST");
  if (fatal != nullptr && memmem(bytes, size, fatal, strlen(fatal)) != nullptr) abort();
}

template <typename Function>
Function Real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  static const auto real = Real<ssize_t (*)(int, const msghdr*, int)>("sendmsg");
  for (size_t i = 0; i < message->msg_iovlen; ++i)
    AbortIfFatal(message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
  return real(socket, message, flags);
}

ssize_t send(int socket, const void* bytes, size_t size, int flags) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t, int)>("send");
  AbortIfFatal(bytes, size);
  return real(socket, bytes, size, flags);
}

}  // extern "C"
