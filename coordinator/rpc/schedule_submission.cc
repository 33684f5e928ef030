#include "coordinator/rpc/schedule_submission.h"

#include <algorithm>
#include <utility>

#include "proto/wire/convert_schedule.h"

namespace wsfleet::coordinator {
namespace {

absl::StatusOr<GivenSecrets> OpenSecrets(const FleetName& fleet, const ScheduleSpec& spec, const SecretBox& box) {
  return box.Open(SecretOwner::OfSchedule(fleet, spec.name, spec.job.bundle), spec.job.sealed_secrets);
}

}  // namespace

absl::StatusOr<ScheduleSubmission> PrepareSchedule(const v1::ApplyScheduleHeader& header, const std::string& canonical,
                                                   const FleetName& fleet, const std::optional<ScheduleSpec>& known,
                                                   const SecretBox& box, const RunRules& rules) {
  auto spec = wire::FromWire(header);
  if (!spec.ok()) return spec.status();
  const BundleDigest bundle(header.run().bundle().digest());
  auto run = PrepareSubmission(header.run(), canonical, SecretOwner::OfSchedule(fleet, spec->name, bundle), box, rules);
  if (!run.ok()) return run.status();
  spec->job = std::move(run->spec);
  spec->job.schedule = spec->name;
  spec->job.detached = true;
  spec->timing.offset = JitterOffset(fleet, spec->name, std::max(spec->timing.jitter, absl::ZeroDuration()));

  ScheduleSubmission submission{*std::move(spec), std::move(run->warnings), !header.run().secrets().empty()};
  if (!known) return submission;
  const auto before = OpenSecrets(fleet, *known, box);
  const auto after = OpenSecrets(fleet, submission.spec, box);
  submission.secrets_changed = !before.ok() || !after.ok() || *before != *after;
  if (!submission.secrets_changed && known->job.bundle == bundle) {
    submission.spec.job.sealed_secrets = known->job.sealed_secrets;
  }
  return submission;
}

absl::StatusOr<std::vector<std::string>> SecretNames(const FleetName& fleet, const ScheduleSpec& spec,
                                                     const SecretBox& box) {
  const auto secrets = OpenSecrets(fleet, spec, box);
  if (!secrets.ok()) return secrets.status();
  std::vector<std::string> names;
  for (const auto& [name, secret] : *secrets) names.push_back(name);
  return names;
}

}  // namespace wsfleet::coordinator
