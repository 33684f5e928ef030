#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace wsfleet::cli {

// The content of a regular file of at most `max_bytes`; a larger one is refused before it is read. NOT_FOUND,
// INVALID_ARGUMENT (a folder, a pipe, too large), FAILED_PRECONDITION (may not be read): with the path.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path, std::uint64_t max_bytes);

// The same, and "-" is stdin, of which a byte more is read than may be, so that its reader says what is wrong.
absl::StatusOr<std::string> ReadInput(const std::string& path, std::uint64_t max_bytes);

// Writes a file as a whole or not at all: whoever reads `path` sees what was there before or all of `content`. The
// file has `mode`, less the umask. A link stays one, and the file that it leads to is replaced; what is no regular
// file, such as a pipe or /dev/stdout, is written into.
absl::Status WriteWholeFile(const std::string& path, std::string_view content, unsigned mode = 0666);

}  // namespace wsfleet::cli
