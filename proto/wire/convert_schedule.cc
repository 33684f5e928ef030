#include "proto/wire/convert_schedule.h"

#include <string>
#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/enums.h"
#include "proto/wire/limits.h"

namespace wsfleet::wire {
namespace {

absl::StatusOr<Timing> FromWire(const v1::Timing& proto) {
  if (auto status = CheckText("timing.cron", proto.cron(), CronExpression::kMaxBytes); !status.ok()) return status;
  if (auto status = CheckText("timing.zone", proto.zone(), kMaxNameBytes); !status.ok()) return status;
  Timing timing;
  timing.cron = proto.cron();
  if (!proto.zone().empty()) timing.zone = proto.zone();
  // Milliseconds are what the jitter counts in and what texts show.
  timing.every = absl::Trunc(wire::FromWire(proto.every()), absl::Milliseconds(1));
  timing.jitter = absl::Trunc(wire::FromWire(proto.jitter()), absl::Milliseconds(1));
  return timing;
}

}  // namespace

v1::Timing ToWire(const Timing& timing) {
  v1::Timing proto;
  if (timing.cron.empty()) {
    *proto.mutable_every() = ToWire(timing.every);
  } else {
    proto.set_cron(timing.cron);
    proto.set_zone(timing.zone);
  }
  if (timing.jitter != absl::ZeroDuration()) {
    *proto.mutable_jitter() = ToWire(timing.jitter);
    *proto.mutable_offset() = ToWire(timing.offset);
  }
  return proto;
}

absl::StatusOr<ScheduleSpec> FromWire(const v1::ApplyScheduleHeader& header) {
  if (!IsScheduleName(header.name())) {
    return absl::InvalidArgumentError(
        fmt::format("name: expected 1 to {} letters, digits, '.', '_' and '-', beginning with a letter or digit, "
                    "found \"{}\"",
                    kMaxScheduleNameBytes, Printable(Excerpt(header.name(), kMaxScheduleNameBytes))));
  }
  if (auto status = CheckText("description", header.description(), kMaxTextBytes); !status.ok()) return status;
  if (!header.run().run_key().empty()) {
    return absl::InvalidArgumentError("run.run_key: a key belongs to one run, and a schedule makes many");
  }
  auto timing = FromWire(header.timing());
  if (!timing.ok()) return timing.status();
  ScheduleSpec spec;
  spec.name = ScheduleName(header.name());
  spec.description = header.description();
  spec.timing = *std::move(timing);
  if (header.overlap() != v1::OVERLAP_POLICY_UNSPECIFIED) {
    const auto overlap = FromWire(header.overlap());
    if (!overlap.ok()) return overlap.status();
    spec.overlap = *overlap;
  }
  if (header.has_catch_up()) spec.catch_up = FromWire(header.catch_up());
  return spec;
}

v1::Schedule ToWire(const ScheduleRecord& schedule) {
  const ScheduleSpec& spec = schedule.spec;
  v1::Schedule proto;
  proto.set_name(spec.name.value());
  proto.set_description(spec.description);
  *proto.mutable_timing() = ToWire(spec.timing);
  proto.set_overlap(ToWire(spec.overlap));
  *proto.mutable_catch_up() = ToWire(spec.catch_up);
  proto.set_version(schedule.version);
  *proto.mutable_created() = ToWire(schedule.created);
  *proto.mutable_changed() = ToWire(schedule.changed);
  proto.set_paused(schedule.paused);
  proto.set_pause_reason(schedule.pause_reason);
  if (schedule.waiting) *proto.mutable_waiting() = ToWire(*schedule.waiting);
  proto.set_started(schedule.started);
  proto.set_skipped(schedule.skipped);
  proto.set_missed(schedule.missed);
  proto.set_refused(schedule.refused);
  proto.set_last_job(schedule.last_job.value());

  const JobSpec& job = spec.job;
  proto.mutable_bundle()->set_digest(job.bundle.value());
  proto.mutable_bundle()->set_bytes(job.bundle_bytes);
  for (const std::string& suite : job.suites) proto.add_suites(suite);
  *proto.mutable_selection() = ToWire(job.selection);
  *proto.mutable_variables() = ToWire(job.variables);
  for (const std::string& term : job.from) proto.add_from(term);
  if (job.require) {
    proto.mutable_require()->set_at_least(*job.require);
  } else {
    proto.mutable_require()->set_all(true);
  }
  *proto.mutable_agents_wait() = ToWire(job.agents_wait);
  *proto.mutable_deadline() = ToWire(job.deadline);
  proto.set_submitter(job.submitter);
  proto.set_cases(static_cast<std::uint32_t>(job.cases.size()));
  return proto;
}

void KeepSummary(v1::Schedule& schedule) {
  schedule.clear_variables();
  schedule.clear_selection();
  schedule.clear_secrets();
}

v1::Tick ToWire(const TickRecord& tick) {
  v1::Tick proto;
  *proto.mutable_nominal() = ToWire(tick.nominal);
  proto.set_times(tick.count);
  *proto.mutable_decided() = ToWire(tick.decided);
  proto.set_outcome(ToWire(tick.outcome));
  proto.set_job(tick.job.value());
  proto.set_reason(tick.reason);
  return proto;
}

}  // namespace wsfleet::wire
