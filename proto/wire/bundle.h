#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/scenario/parser.h"

namespace wsfleet::wire {

inline constexpr std::size_t kChunkBytes = 128 * 1024;
inline constexpr std::size_t kMaxMessageBytes = 256 * 1024;

// One byte string for a bundle: the same files in the same order give the same bytes. Suites first, then files by path,
// each as length-prefixed path and content.
std::string CanonicalForm(const Bundle& bundle);

// INVALID_ARGUMENT: not a canonical form, or over kMaxBundleBytes.
absl::StatusOr<Bundle> ParseCanonicalForm(std::string_view canonical);

// SHA-256 of the canonical form, lower-case hex.
BundleDigest Digest(std::string_view canonical);

// Pieces of at most kChunkBytes.
std::vector<std::string> Chunks(std::string_view canonical);

}  // namespace wsfleet::wire
