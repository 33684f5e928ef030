#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace wsfleet::coordinator {

// Whether `url` begins with one of `allowed`, as a whole host and path.
bool IsAllowedUrl(std::string_view url, const std::vector<std::string>& allowed);

struct LokiQuery {
  std::string base;   // "http://loki:3100"
  std::string query;  // LogQL
  absl::Time start, end;
};

// The lines that a Loki has for a query (GET /loki/api/v1/query_range), oldest first. Blocks for `limit` at most, takes
// 1 MiB at most, and follows no redirects. UNAVAILABLE: no answer; FAILED_PRECONDITION: an answer that is none of
// Loki's, with its status.
// Ends early when `stop` becomes true.
absl::StatusOr<std::string> AskLoki(const LokiQuery& query, absl::Duration limit, const std::atomic<bool>& stop);

// What AskLoki makes of an answer's body.
absl::StatusOr<std::string> LinesOfAnswer(std::string_view body);

}  // namespace wsfleet::coordinator
