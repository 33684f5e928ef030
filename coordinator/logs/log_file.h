#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace wsfleet::coordinator {

// Whether `path` is one of `allowed` or lies below one of them, links resolved. False for what is not there.
bool IsAllowedFile(const std::string& path, const std::vector<std::string>& allowed);

// Bytes of a regular file now. NOT_FOUND, FAILED_PRECONDITION (not a regular file), PERMISSION_DENIED.
absl::StatusOr<std::uint64_t> SizeOfFile(const std::string& path);

// The end of a regular file: at most `max_bytes`, from the beginning of a line on.
struct FileTail {
  std::uint64_t offset = 0;  // of `text` in the file
  std::string text;
};
absl::StatusOr<FileTail> ReadTail(const std::string& path, std::uint64_t max_bytes);

}  // namespace wsfleet::coordinator
