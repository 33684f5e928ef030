#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/rpc/submission.h"
#include "coordinator/secret_box.h"
#include "core/schedule/records.h"
#include "proto/wire/convert.h"
#include "wsfleet/v1/schedule.pb.h"

namespace wsfleet::coordinator {

// A schedule that is good: what is stored of it.
struct ScheduleSubmission {
  ScheduleSpec spec;
  std::vector<std::string> warnings;
  bool secrets_changed = false;
};

// As PrepareSubmission, for what each run of a schedule is made of. `known`: what is stored of it now. Sealing gives
// another text each time, so secrets that are the same stay what they were: what is applied twice is the same twice.
absl::StatusOr<ScheduleSubmission> PrepareSchedule(const v1::ApplyScheduleHeader& header, const std::string& canonical,
                                                   const FleetName& fleet, const std::optional<ScheduleSpec>& known,
                                                   const SecretBox& box, const RunRules& rules);

// What a request to apply or to delete takes for granted; absent: nothing.
template <typename Request>
std::optional<ScheduleEdition> ExpectedEdition(const Request& request) {
  if (!request.has_expected_version()) return std::nullopt;
  ScheduleEdition expected{.version = request.expected_version()};
  if (request.has_expected_created()) expected.created = wire::FromWire(request.expected_created());
  return expected;
}

// The names of a schedule's secrets. DATA_LOSS: they cannot be opened (any more).
absl::StatusOr<std::vector<std::string>> SecretNames(const FleetName& fleet, const ScheduleSpec& spec,
                                                     const SecretBox& box);

}  // namespace wsfleet::coordinator
