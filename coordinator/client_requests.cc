#include "coordinator/client_requests.h"

#include <utility>

namespace wsfleet::coordinator {
namespace {

void Fail(const SubmitAnswer& answer, const absl::Status& status) { answer(status, {}, false); }
void Fail(const CancelAnswer& answer, const absl::Status& status) { answer(status); }
void Fail(const ScheduleAnswer& answer, const absl::Status& status) {
  fleet::AnswerSchedule failure;
  failure.status = status;
  answer(failure);
}

template <typename Kind>
Kind Take(std::map<fleet::RequestId, Kind>& waiting, fleet::RequestId request) {
  auto node = waiting.extract(request);
  return node.empty() ? Kind() : std::move(node.mapped());
}

}  // namespace

template <typename Kind>
std::optional<fleet::RequestId> ClientRequests::AddTo(std::map<fleet::RequestId, Kind>& waiting, Kind& answer) {
  if (waiting.size() >= kMaxWaiting) {
    Fail(answer, absl::ResourceExhaustedError("too many requests of this kind wait for an answer; try again"));
    return std::nullopt;
  }
  const fleet::RequestId request(++last_);
  waiting.emplace(request, std::move(answer));
  return request;
}

std::optional<fleet::RequestId> ClientRequests::Add(SubmitAnswer answer) { return AddTo(submits_, answer); }
std::optional<fleet::RequestId> ClientRequests::Add(CancelAnswer answer) { return AddTo(cancels_, answer); }
std::optional<fleet::RequestId> ClientRequests::Add(ScheduleAnswer answer) { return AddTo(schedules_, answer); }

void ClientRequests::Answer(const fleet::AnswerSubmit& effect) {
  if (const auto answer = Take(submits_, effect.request)) answer(effect.status, effect.job, effect.attached);
}

void ClientRequests::Answer(const fleet::AnswerCancel& effect) {
  if (const auto answer = Take(cancels_, effect.request)) answer(effect.status);
}

void ClientRequests::Answer(const fleet::AnswerSchedule& effect) {
  if (const auto answer = Take(schedules_, effect.request)) answer(effect);
}

void ClientRequests::AnswerAll(const absl::Status& status) {
  const auto fail_all = [&](auto& waiting) {
    for (const auto& [request, answer] : std::exchange(waiting, {})) Fail(answer, status);
  };
  fail_all(submits_);
  fail_all(cancels_);
  fail_all(schedules_);
}

}  // namespace wsfleet::coordinator
