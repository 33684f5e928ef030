// A disk that fails, for one process: preloaded (LD_PRELOAD), it makes writes or flushes of files below
// WSFLEET_FAILING_DISK fail while a file "fail" lies there, which says how: "fsync EIO", "write EROFS", "write EIO".

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>

namespace {

// What the file says; 0 if this operation is not to fail. Only calls that a database makes in the middle of a write:
// no allocation.
int ErrorFor(const char* operation, int file) {
  const char* folder = getenv("WSFLEET_FAILING_DISK");
  if (folder == nullptr) return 0;
  char link[64], path[PATH_MAX], order[32] = {};
  snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, sizeof(path) - 1);
  if (length <= 0) return 0;
  path[length] = '\0';
  if (strncmp(path, folder, strlen(folder)) != 0) return 0;
  snprintf(path, sizeof(path), "%s/fail", folder);
  const int orders = open(path, O_RDONLY | O_CLOEXEC);
  if (orders < 0) return 0;
  const ssize_t got = read(orders, order, sizeof(order) - 1);
  close(orders);
  const size_t operation_length = strlen(operation);
  if (got <= 0 || strncmp(order, operation, operation_length) != 0) return 0;
  return strstr(order + operation_length, "EROFS") != nullptr ? EROFS : EIO;
}

template <typename Function>
Function Real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

template <typename Result, typename Call>
Result Unless(int error, Call call) {
  if (error == 0) return call();
  errno = error;
  return -1;
}

}  // namespace

extern "C" {

int fsync(int file) {
  static const auto real = Real<int (*)(int)>("fsync");
  return Unless<int>(ErrorFor("fsync", file), [&] { return real(file); });
}

int fdatasync(int file) {
  static const auto real = Real<int (*)(int)>("fdatasync");
  return Unless<int>(ErrorFor("fsync", file), [&] { return real(file); });
}

ssize_t write(int file, const void* bytes, size_t size) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t)>("write");
  return Unless<ssize_t>(ErrorFor("write", file), [&] { return real(file, bytes, size); });
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return Unless<ssize_t>(ErrorFor("write", file), [&] { return real(file, bytes, size, offset); });
}

}  // extern "C"
