#pragma once

#include <atomic>
#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace wsfleet::coordinator {

// What is asked of another server: one GET, without redirects.
struct HttpFetch {
  enum class Schemes { kHttps, kHttpToo };

  std::string url;
  Schemes schemes = Schemes::kHttpToo;
  std::string ca_file = {};                  // PEM, of the server's certificate; empty: the system's authorities
  std::size_t max_bytes = 1 << 20;           // of the body
  absl::Duration limit = absl::Seconds(10);  // for all of it
};

// The body of a 200. Blocks for `limit` at most; ends within a second when `stop` becomes true. UNAVAILABLE: no answer,
// or one that is too large; FAILED_PRECONDITION: another status, with the beginning of its body.
absl::StatusOr<std::string> Fetch(const HttpFetch& fetch, const std::atomic<bool>& stop);

// Percent-encoded, for a query.
std::string QueryEscaped(const std::string& text);

}  // namespace wsfleet::coordinator
