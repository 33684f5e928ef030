#include "cli/run/schedules.h"

#include <iterator>
#include <utility>

#include "cli/run/bundle_stream.h"
#include "cli/run/runs.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"
#include "proto/wire/convert_schedule.h"
#include "proto/wire/enums.h"

namespace wsfleet::cli {
namespace {

constexpr std::uint32_t kPage = 100;

template <typename Request>
Request RequestAbout(const CoordinatorClient& client, const std::string& name) {
  Request request;
  request.set_fleet(client.fleet());
  request.set_schedule(name);
  return request;
}

template <typename Request>
void Expect(const v1::Schedule& schedule, Request& request) {
  request.set_expected_version(schedule.version());
  if (schedule.has_created()) *request.mutable_expected_created() = schedule.created();
}

v1::ApplyScheduleHeader HeaderOf(const CoordinatorClient& client, const PreparedSchedule& schedule,
                                 const std::string& canonical) {
  const ScheduleSpec& spec = schedule.text.spec;
  v1::ApplyScheduleHeader header;
  header.set_name(spec.name.value());
  header.set_description(spec.description);
  *header.mutable_timing() = wire::ToWire(spec.timing);
  header.set_overlap(wire::ToWire(spec.overlap));
  *header.mutable_catch_up() = wire::ToWire(spec.catch_up);
  *header.mutable_run() = SubmitHeaderOf(client, canonical, schedule.run.options);
  return header;
}

absl::StatusOr<v1::ApplyScheduleReply> Send(CoordinatorClient& client, const v1::ApplyScheduleHeader& header,
                                            const std::string& canonical) {
  v1::ApplyScheduleReply reply;
  const absl::Status status = client.Call(kCallLimit, [&](grpc::ClientContext& context) {
    reply.Clear();
    const auto stream = client.schedules().Apply(&context, &reply);
    SendBundle<v1::ApplyScheduleRequest>(*stream, header, canonical);
    return stream->Finish();
  });
  if (!status.ok()) return status;
  return reply;
}

}  // namespace

absl::StatusOr<v1::ApplyScheduleReply> TryApply(CoordinatorClient& client, const PreparedSchedule& schedule) {
  const std::string canonical = wire::CanonicalForm(schedule.run.files.bundle);
  v1::ApplyScheduleHeader header = HeaderOf(client, schedule, canonical);
  header.set_dry_run(true);
  return Send(client, header, canonical);
}

absl::StatusOr<v1::ApplyScheduleReply> Apply(CoordinatorClient& client, const PreparedSchedule& schedule,
                                             const v1::Schedule& expected) {
  const std::string canonical = wire::CanonicalForm(schedule.run.files.bundle);
  v1::ApplyScheduleHeader header = HeaderOf(client, schedule, canonical);
  Expect(expected, header);
  return Send(client, header, canonical);
}

absl::StatusOr<v1::Schedule> GetSchedule(CoordinatorClient& client, const std::string& name) {
  v1::Schedule reply;
  const absl::Status status = client.Call(kCallLimit, [&](grpc::ClientContext& context) {
    return client.schedules().Get(&context, RequestAbout<v1::GetScheduleRequest>(client, name), &reply);
  });
  if (!status.ok()) return status;
  return reply;
}

absl::StatusOr<std::vector<v1::Schedule>> ListSchedules(CoordinatorClient& client) {
  std::vector<v1::Schedule> schedules;
  std::string token;
  do {
    v1::ListSchedulesRequest request;
    request.set_fleet(client.fleet());
    request.set_page_size(kPage);
    request.set_page_token(token);
    v1::ListSchedulesReply reply;
    const absl::Status status = client.Call(
        kCallLimit, [&](grpc::ClientContext& context) { return client.schedules().List(&context, request, &reply); });
    if (!status.ok()) return status;
    schedules.insert(schedules.end(), std::move_iterator(reply.mutable_schedules()->begin()),
                     std::move_iterator(reply.mutable_schedules()->end()));
    token = reply.next_page_token();
  } while (!token.empty());
  return schedules;
}

absl::StatusOr<Bundle> FetchScheduleBundle(CoordinatorClient& client, const std::string& name) {
  std::string canonical;
  const absl::Status status = client.Call(kCallLimit, [&](grpc::ClientContext& context) {
    const auto stream = client.schedules().Bundle(&context, RequestAbout<v1::GetScheduleRequest>(client, name));
    canonical = ReceiveBundle(context, *stream);
    return stream->Finish();
  });
  if (!status.ok()) return status;
  return wire::ParseCanonicalForm(canonical);
}

absl::StatusOr<bool> PauseSchedule(CoordinatorClient& client, const std::string& name, const std::string& reason) {
  auto request = RequestAbout<v1::PauseScheduleRequest>(client, name);
  request.set_reason(reason);
  v1::ChangeScheduleReply reply;
  const absl::Status status = client.Call(
      kCallLimit, [&](grpc::ClientContext& context) { return client.schedules().Pause(&context, request, &reply); });
  if (!status.ok()) return status;
  return reply.change() == v1::SCHEDULE_CHANGE_UPDATED;
}

absl::StatusOr<bool> ResumeSchedule(CoordinatorClient& client, const std::string& name) {
  v1::ChangeScheduleReply reply;
  const absl::Status status = client.Call(kCallLimit, [&](grpc::ClientContext& context) {
    return client.schedules().Resume(&context, RequestAbout<v1::ResumeScheduleRequest>(client, name), &reply);
  });
  if (!status.ok()) return status;
  return reply.change() == v1::SCHEDULE_CHANGE_UPDATED;
}

absl::Status DeleteSchedule(CoordinatorClient& client, const std::string& name, const v1::Schedule* expected) {
  auto request = RequestAbout<v1::DeleteScheduleRequest>(client, name);
  if (expected != nullptr) Expect(*expected, request);
  v1::ChangeScheduleReply reply;
  // A second call would not find what the first one deleted.
  return client.Call(
      kCallLimit, [&](grpc::ClientContext& context) { return client.schedules().Delete(&context, request, &reply); },
      CoordinatorClient::Repetition::kIfNotTaken);
}

absl::StatusOr<v1::SubmitReply> TriggerSchedule(CoordinatorClient& client, const std::string& name,
                                                const std::string& run_key) {
  auto request = RequestAbout<v1::TriggerScheduleRequest>(client, name);
  request.set_run_key(run_key);
  v1::SubmitReply reply;
  // Without a key it would be two runs.
  const absl::Status status = client.Call(
      kCallLimit, [&](grpc::ClientContext& context) { return client.schedules().Trigger(&context, request, &reply); },
      run_key.empty() ? CoordinatorClient::Repetition::kIfNotTaken : CoordinatorClient::Repetition::kAlways);
  if (!status.ok()) return status;
  return reply;
}

}  // namespace wsfleet::cli
