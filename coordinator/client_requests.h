#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "absl/status/status.h"
#include "coordinator/fleet/effects.h"

namespace wsfleet::coordinator {

using SubmitAnswer = std::function<void(const absl::Status&, const JobId& job, bool attached)>;
using CancelAnswer = std::function<void(const absl::Status&)>;
using ScheduleAnswer = std::function<void(const fleet::AnswerSchedule&)>;

// What clients asked for and the machine has not answered yet, bounded. Not thread-safe: on the fleet strand.
class ClientRequests {
 public:
  static constexpr std::size_t kMaxWaiting = 1024;  // of each kind

  // The number that the machine's answer will have. Absent, and it was answered: too many wait.
  std::optional<fleet::RequestId> Add(SubmitAnswer answer);
  std::optional<fleet::RequestId> Add(CancelAnswer answer);
  std::optional<fleet::RequestId> Add(ScheduleAnswer answer);

  void Answer(const fleet::AnswerSubmit& effect);
  void Answer(const fleet::AnswerCancel& effect);
  void Answer(const fleet::AnswerSchedule& effect);

  // Nothing comes of them any more.
  void AnswerAll(const absl::Status& status);

 private:
  template <typename Kind>
  std::optional<fleet::RequestId> AddTo(std::map<fleet::RequestId, Kind>& waiting, Kind& answer);

  std::uint64_t last_ = 0;
  std::map<fleet::RequestId, SubmitAnswer> submits_;
  std::map<fleet::RequestId, CancelAnswer> cancels_;
  std::map<fleet::RequestId, ScheduleAnswer> schedules_;
};

}  // namespace wsfleet::coordinator
