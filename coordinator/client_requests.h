#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "coordinator/fleet/effects.h"

namespace wsfleet::coordinator {

using SubmitAnswer = std::function<void(const absl::Status&, const JobId& job, bool attached)>;
using StatusAnswer = std::function<void(const absl::Status&)>;
using ScheduleAnswer = std::function<void(const fleet::AnswerSchedule&)>;
using PolicyAnswer = std::function<void(const fleet::AnswerSetPolicy&)>;

// What clients asked of the machine and were not answered yet. Every answer is called once. Runs on the fleet strand.
class ClientRequests {
 public:
  static constexpr std::size_t kMaxWaiting = 1024;  // of each kind

  // Under which number the machine is to be asked. Absent: too many wait, and `answer` was told so.
  std::optional<fleet::RequestId> Await(SubmitAnswer answer);
  std::optional<fleet::RequestId> Await(StatusAnswer answer);
  std::optional<fleet::RequestId> AwaitSchedule(ScheduleAnswer answer);
  std::optional<fleet::RequestId> AwaitPolicy(PolicyAnswer answer);

  bool IsWaiting(fleet::RequestId id) const { return submits_.contains(id) || others_.contains(id); }

  // Ignored if nobody waits for it any more.
  void Answer(const fleet::AnswerSubmit& answer);
  void Answer(const fleet::AnswerSchedule& answer);
  void Answer(const fleet::AnswerSetPolicy& answer);
  void Answer(fleet::RequestId id, const absl::Status& status);
  void AnswerAll(const absl::Status& status);

 private:
  std::uint64_t last_id_ = 0;
  std::map<fleet::RequestId, SubmitAnswer> submits_;
  std::map<fleet::RequestId, StatusAnswer> others_;
  std::map<fleet::RequestId, ScheduleAnswer> schedules_;
  std::map<fleet::RequestId, PolicyAnswer> policies_;
};

}  // namespace wsfleet::coordinator
