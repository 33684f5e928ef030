#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/now.h"
#include "core/scenario/plan.h"
#include "core/verdict/redactor.h"

namespace wsfleet::coordinator {

// Of one failure: what the templates of a log source know.
struct LogWindow {
  std::string trace_id;
  absl::Time start, end;
};

// A run whose suites name logs of the coordinator. Thread-safe.
class LoggedRun {
 public:
  LoggedRun(std::shared_ptr<const Plan> plan, Variables variables, const std::map<std::string, std::string>& secrets,
            absl::Duration time, std::uint32_t cases);

  // Null: no suite of this name, or it names no logs here.
  const Suite* Find(const std::string& suite) const;
  // NOT_FOUND: a name has no value.
  absl::StatusOr<std::string> Expand(const Template& text, const Suite& suite, const LogWindow& window) const;
  // Paths that are known before anything has failed.
  std::vector<std::string> Files() const;
  void Redact(const Suite& suite, LogExcerpt& excerpt) const;

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

  const std::shared_ptr<const Plan> plan_;
  const Variables variables_;
  const std::map<std::string, std::string> secrets_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Sample>> sizes_;
  absl::Duration time_left_;
  std::uint32_t cases_left_;
};

}  // namespace wsfleet::coordinator
