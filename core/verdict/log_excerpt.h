#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace wsfleet {

// Lines of the target's own log, fetched after a failure (S13).
struct LogExcerpt {
  static constexpr std::size_t kMaxLines = 24;
  static constexpr std::size_t kMaxLineBytes = 400;

  std::string source;              // "file /var/log/chat.log", "GET /debug/logs"
  bool same_request = false;       // they carry the trace id; otherwise they were written in the same time, by whatever
  std::vector<std::string> lines;  // redacted
  std::string problem;             // why there are none: "not allowed by the coordinator's operator"
  bool undated = false;            // not even that is known: they say no time, and the source may hold any

  friend bool operator==(const LogExcerpt&, const LogExcerpt&) = default;
};

// The lines of `text` that matter to a failure: the last kMaxLines of those that carry the trace id, if any do, with
// the tracebacks behind them, and up to the last one that names an error where there are more than that; else of those
// that lead to the last one that names an error, or to the end, without those that say that they are of another time
// (log_time.h) and what follows them. `undated` if none says one: whoever knows it by other means takes that back. As
// they are: a Redactor makes them fit to keep.
LogExcerpt PickLogLines(std::string_view text, std::string_view trace_id, absl::Time start, absl::Time end);

// Whether a line of `excerpt` names an error: nothing more is to be waited for.
bool NamesAnError(const LogExcerpt& excerpt);

// What stands in `text` of the same time, if that names an error and the request's own lines do not: frameworks write
// tracebacks without the trace id. Otherwise `excerpt`, which PickLogLines() found there.
LogExcerpt OrOfSameTime(LogExcerpt excerpt, std::string_view text, absl::Time start, absl::Time end);

}  // namespace wsfleet
