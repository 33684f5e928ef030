#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "fmt/format.h"

// What the comments of proto/wsfleet/v1 promise, as numbers.
namespace wsfleet::wire {

inline constexpr std::size_t kMaxResultBytes = 200 * 1024;      // of a case, and of those of a batch together
inline constexpr std::size_t kMaxInlineBundleBytes = 8 * 1024;  // in an assignment
inline constexpr std::size_t kMaxNameBytes = 128;
inline constexpr std::size_t kMaxEndpointBytes = 256;
inline constexpr std::size_t kMaxTextBytes = 4 * 1024;
inline constexpr std::size_t kMaxValueBytes = 64 * 1024;
inline constexpr int kMaxTags = 64;
inline constexpr int kMaxVariables = 256;
inline constexpr int kMaxSelectedCases = 1000;
inline constexpr std::uint32_t kMaxRepeat = 1000;
inline constexpr int kMaxHeaders = 64;
inline constexpr int kMaxLogs = 8;
inline constexpr int kMaxTranscript = 64;
inline constexpr int kMaxNotes = 16;
inline constexpr int kMaxCertificates = 8;
inline constexpr int kMaxWarnings = 16;
inline constexpr int kMaxCredentials = 16;
inline constexpr int kMaxAttempts = 16;
inline constexpr int kMaxEarlierFailures = 5;
inline constexpr int kMaxShards = 20'000;
// Of a case: what an agent says beyond it is taken for this much.
inline constexpr absl::Duration kMaxElapsed = absl::Hours(24 * 366);
inline constexpr std::uint32_t kMaxTries = 1000;
inline constexpr std::uint32_t kMaxSessions = 1'000'000;

inline absl::Status CheckText(std::string_view field, std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}: expected at most {} bytes, found {}", field, max_bytes, text.size()));
}

// Of what is found by it. No text of PostgreSQL holds the character NUL.
inline absl::Status CheckKey(std::string_view field, std::string_view text, std::size_t max_bytes) {
  if (text.find('\0') == std::string_view::npos) return CheckText(field, text, max_bytes);
  return absl::InvalidArgumentError(fmt::format("{}: expected a text without the character NUL", field));
}

inline absl::Status CheckCount(std::string_view field, int count, int max_count) {
  if (count <= max_count) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{}: expected at most {}, found {}", field, max_count, count));
}

}  // namespace wsfleet::wire
