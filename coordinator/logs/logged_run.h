#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/now.h"
#include "core/scenario/plan.h"

namespace wsfleet::coordinator {

// Of one failure: what the templates of a log source know.
struct LogWindow {
  std::string trace_id;
  absl::Time start, end;
};

// What is kept of a suite: a plan may be large.
struct LoggedSuite {
  std::string name;
  EvidenceSpec evidence;
  std::vector<std::pair<std::string, TemplateValue>> vars;
};

// A run whose suites name logs of the coordinator. Thread-safe.
class LoggedRun {
 public:
  LoggedRun(const Plan& plan, Variables variables, absl::Duration time, std::uint32_t cases);

  // Null: no suite of this name, or it names no logs here.
  const LoggedSuite* Find(const std::string& suite) const;
  // NOT_FOUND: a name has no value.
  absl::StatusOr<std::string> Expand(const Template& text, const LoggedSuite& suite, const LogWindow& window) const;
  // Paths that are known before anything has failed.
  std::vector<std::string> Files() const;

  // How long a file was at a time.
  void NoteSize(const std::string& path, SteadyTime at, std::uint64_t size);
  // What came after it was not there at `time`. Absent: nothing is known of the time before.
  std::optional<std::uint64_t> SizeAt(const std::string& path, SteadyTime time) const;

  // False when as many cases as are allowed were looked after, or the time for it is used up.
  bool BeginCase();
  absl::Duration time_left() const;
  void Spend(absl::Duration time);

 private:
  struct Sample {
    SteadyTime at;
    std::uint64_t size = 0;
  };
  static constexpr std::size_t kMaxSamples = 4096;  // of a file

  std::vector<LoggedSuite> suites_;
  const Variables variables_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Sample>> sizes_;
  absl::Duration time_left_;
  std::uint32_t cases_left_;
};

}  // namespace wsfleet::coordinator
