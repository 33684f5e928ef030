#include "coordinator/client_requests.h"

namespace wsfleet::coordinator {
namespace {

absl::Status TooMany() { return absl::ResourceExhaustedError("too many requests wait for this fleet; try again"); }

template <typename Answer>
Answer Failure(const absl::Status& status) {
  Answer failure;
  failure.status = status;
  return failure;
}

}  // namespace

std::optional<fleet::RequestId> ClientRequests::Await(SubmitAnswer answer) {
  if (submits_.size() >= kMaxWaiting) {
    answer(TooMany(), {}, false);
    return std::nullopt;
  }
  const fleet::RequestId id(++last_id_);
  submits_.emplace(id, std::move(answer));
  return id;
}

std::optional<fleet::RequestId> ClientRequests::Await(StatusAnswer answer) {
  if (others_.size() >= kMaxWaiting) {
    answer(TooMany());
    return std::nullopt;
  }
  const fleet::RequestId id(++last_id_);
  others_.emplace(id, std::move(answer));
  return id;
}

std::optional<fleet::RequestId> ClientRequests::AwaitSchedule(ScheduleAnswer answer) {
  if (schedules_.size() >= kMaxWaiting) {
    answer(Failure<fleet::AnswerSchedule>(TooMany()));
    return std::nullopt;
  }
  const fleet::RequestId id(++last_id_);
  schedules_.emplace(id, std::move(answer));
  return id;
}

std::optional<fleet::RequestId> ClientRequests::AwaitPolicy(PolicyAnswer answer) {
  if (policies_.size() >= kMaxWaiting) {
    answer(Failure<fleet::AnswerSetPolicy>(TooMany()));
    return std::nullopt;
  }
  const fleet::RequestId id(++last_id_);
  policies_.emplace(id, std::move(answer));
  return id;
}

void ClientRequests::Answer(const fleet::AnswerSubmit& answer) {
  const auto waiting = submits_.extract(answer.request);
  if (!waiting.empty()) waiting.mapped()(answer.status, answer.job, answer.attached);
}

void ClientRequests::Answer(const fleet::AnswerSchedule& answer) {
  const auto waiting = schedules_.extract(answer.request);
  if (!waiting.empty()) waiting.mapped()(answer);
}

void ClientRequests::Answer(const fleet::AnswerSetPolicy& answer) {
  const auto waiting = policies_.extract(answer.request);
  if (!waiting.empty()) waiting.mapped()(answer);
}

void ClientRequests::Answer(fleet::RequestId id, const absl::Status& status) {
  if (const auto submit = submits_.extract(id); !submit.empty()) submit.mapped()(status, {}, false);
  if (const auto other = others_.extract(id); !other.empty()) other.mapped()(status);
  if (const auto schedule = schedules_.extract(id); !schedule.empty()) {
    schedule.mapped()(Failure<fleet::AnswerSchedule>(status));
  }
  if (const auto policy = policies_.extract(id); !policy.empty()) {
    policy.mapped()(Failure<fleet::AnswerSetPolicy>(status));
  }
}

void ClientRequests::AnswerAll(const absl::Status& status) {
  for (const auto& [id, answer] : std::exchange(submits_, {})) answer(status, {}, false);
  for (const auto& [id, answer] : std::exchange(others_, {})) answer(status);
  for (const auto& [id, answer] : std::exchange(schedules_, {})) answer(Failure<fleet::AnswerSchedule>(status));
  for (const auto& [id, answer] : std::exchange(policies_, {})) answer(Failure<fleet::AnswerSetPolicy>(status));
}

}  // namespace wsfleet::coordinator
