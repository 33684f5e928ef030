#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "core/base/ids.h"
#include "core/job/spec.h"
#include "core/schedule/timing.h"

// What is stored of schedules. As core/job/records.h.
namespace wsfleet {

// What becomes of a tick that is due while a run of the schedule has not ended.
enum class OverlapPolicy {
  kSkip,         // nothing runs
  kBufferOne,    // it waits for that run's end; a further one is skipped
  kAllow,        // it runs beside it
  kCancelOther,  // that run is cancelled, and it runs after its end; of several that wait, the newest
};
std::string_view OverlapPolicyName(OverlapPolicy policy);  // "buffer_one"
std::optional<OverlapPolicy> ParseOverlapPolicy(std::string_view name);

// At most 64 letters, digits, '.', '_' and '-', beginning with a letter or digit.
inline constexpr std::size_t kMaxScheduleNameBytes = 64;
bool IsScheduleName(std::string_view name);

// What a person asked for.
struct ScheduleSpec {
  static constexpr absl::Duration kDefaultCatchUp = absl::Minutes(5);
  static constexpr absl::Duration kMinCatchUp = absl::Seconds(10);
  static constexpr absl::Duration kMaxCatchUp = absl::Hours(24 * 7);

  ScheduleName name;
  std::string description;
  Timing timing;
  OverlapPolicy overlap = OverlapPolicy::kSkip;
  // How late a run may start, if nobody could start it in time. What is later is missed, and counted.
  absl::Duration catch_up = kDefaultCatchUp;
  // What each of its runs is made of. Its sealed secrets are bound to the schedule (coordinator/secret_box.h).
  JobSpec job;

  friend bool operator==(const ScheduleSpec&, const ScheduleSpec&) = default;
};

struct ScheduleRecord {
  ScheduleSpec spec;
  std::uint64_t version = 1;  // rises with each change of the spec
  absl::Time created = absl::InfinitePast();
  absl::Time changed = absl::InfinitePast();
  bool paused = false;
  std::string pause_reason;
  absl::Time settled = absl::InfinitePast();  // every nominal time up to here was decided on
  std::optional<absl::Time> waiting;          // the tick that waits for the end of a run
  JobId last_job;                             // that was started last, by a tick or by hand
  // Ticks so far, by what became of them. One that waits is in none.
  std::uint64_t started = 0;
  std::uint64_t skipped = 0;
  std::uint64_t missed = 0;
  std::uint64_t refused = 0;

  friend bool operator==(const ScheduleRecord&, const ScheduleRecord&) = default;
};

// Which of those that a schedule's name has had. The version begins anew when one is deleted and made again.
struct ScheduleEdition {
  std::uint64_t version = 0;                  // 0: there is none of this name
  absl::Time created = absl::InfinitePast();  // infinite past: not known, any
};

enum class TickOutcome {
  kStarted,
  kWaiting,  // for the end of a run
  kSkipped,  // a run had not ended
  kMissed,   // nobody was there in time
  kRefused,  // a limit of the fleet
};
std::string_view TickOutcomeName(TickOutcome outcome);  // "started"
std::optional<TickOutcome> ParseTickOutcome(std::string_view name);

// What became of a nominal time. There is one for each; only one that waits changes. Those that were missed or skipped
// together share one record.
struct TickRecord {
  ScheduleName schedule;
  absl::Time nominal;       // of the oldest
  std::uint64_t count = 1;  // of nominal times, from that one on
  absl::Time decided;
  TickOutcome outcome = TickOutcome::kStarted;
  JobId job;           // kStarted
  std::string reason;  // of all others

  friend bool operator==(const TickRecord&, const TickRecord&) = default;
};

}  // namespace wsfleet
