#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/base/source.h"
#include "core/schedule/records.h"

namespace wsfleet {

// What a file says of one schedule. Paths are as they were written: from where the file is.
struct ScheduleText {
  struct Run {
    std::vector<std::string> suites;
    std::vector<std::string> from;       // terms
    std::optional<std::string> require;  // "all", "any" or a number
    std::vector<std::string> tags;
    std::string grep;
    std::optional<std::uint32_t> max_priority;
    std::uint32_t repeat = 1;
    std::vector<std::pair<std::string, std::string>> vars;
    std::string env_file;
    std::vector<std::pair<std::string, std::string>> secrets;  // name → env:VARIABLE, file:PATH
    std::optional<absl::Duration> agents_wait;
    std::optional<absl::Duration> timeout;
  };

  SourceRange range;  // of its name
  ScheduleSpec spec;  // without `job`, and without the offset of the jitter
  Run run;
};

struct SchedulesResult {
  std::vector<ScheduleText> schedules;  // empty if there is an error, or if the file has none
  std::vector<Diagnostic> diagnostics;  // in the order of the text
};

// The text of a file of schedules (docs/reference/schedules.md); `file` is its name in diagnostics. Everything that can
// be known without the files that it names is checked. Pure; never throws.
SchedulesResult ParseSchedules(const std::string& file, const std::string& text);

}  // namespace wsfleet
