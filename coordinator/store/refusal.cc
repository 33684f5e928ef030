#include "coordinator/store/refusal.h"

#include <string>

#include "absl/strings/cord.h"

namespace wsfleet::store {
namespace {

constexpr char kJobPayload[] = "wsfleet/refused-job";

}  // namespace

bool IsRefusal(const absl::Status& status) { return absl::IsInvalidArgument(status) || absl::IsAlreadyExists(status); }

absl::Status InRowOf(const JobId& job, const absl::Status& status) {
  if (!IsRefusal(status)) return status;
  absl::Status said = status;
  said.SetPayload(kJobPayload, absl::Cord(job.value()));
  return said;
}

std::optional<JobId> RefusedJob(const absl::Status& status) {
  const auto payload = status.GetPayload(kJobPayload);
  if (!payload) return std::nullopt;
  return JobId(std::string(*payload));
}

}  // namespace wsfleet::store
