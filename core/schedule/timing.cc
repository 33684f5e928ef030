#include "core/schedule/timing.h"

#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/schedule/zone.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

// FNV-1a (draft-eastlake-fnv), 64 bits.
std::uint64_t Hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// Finaliser of SplitMix64: FNV's low bits are poor where names differ in their last letter only.
std::uint64_t Mix(std::uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

// Whole intervals from 1970 to `time`, rounded down.
std::int64_t IntervalsUntil(absl::Time time, absl::Duration every) {
  absl::Duration rest;
  const std::int64_t whole = absl::IDivDuration(time - absl::UnixEpoch(), every, &rest);
  return rest < absl::ZeroDuration() ? whole - 1 : whole;
}

absl::Status CheckLength(std::string_view field, absl::Duration length, absl::Duration least, absl::Duration most) {
  if (length >= least && length <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{}: expected {} to {}, found {}", field, DurationText(least),
                                                DurationText(most), DurationText(length)));
}

}  // namespace

std::string TimingText(const Timing& timing) {
  return timing.cron.empty() ? fmt::format("every {}", DurationText(timing.every))
                             : fmt::format("{} {}", timing.cron, timing.zone);
}

absl::Duration JitterOffset(const FleetName& fleet, const ScheduleName& schedule, absl::Duration jitter) {
  const auto bound = static_cast<std::uint64_t>(absl::ToInt64Milliseconds(jitter));
  if (bound == 0) return absl::ZeroDuration();
  // No name of a fleet holds a line feed.
  const std::uint64_t hash = Mix(Hash(fmt::format("{}\n{}", fleet.value(), schedule.value())));
  return absl::Milliseconds(static_cast<std::int64_t>(hash % bound));
}

absl::StatusOr<TickRule> TickRule::Of(const Timing& timing) {
  const bool has_every = timing.every != absl::ZeroDuration();
  if (timing.cron.empty() != has_every) return absl::InvalidArgumentError("expected one of cron and every");
  absl::Duration most = Timing::kMaxJitter;
  if (has_every) {
    if (auto status = CheckLength("every", timing.every, Timing::kMinEvery, Timing::kMaxEvery); !status.ok()) {
      return status;
    }
    most = std::min(most, timing.every);
  }
  if (auto status = CheckLength("jitter", timing.jitter, absl::ZeroDuration(), most); !status.ok()) return status;
  if (has_every) return TickRule(timing.every);
  auto cron = CronExpression::Parse(timing.cron);
  if (!cron.ok()) return absl::InvalidArgumentError(fmt::format("cron: {}", ToStd(cron.status().message())));
  auto zone = FindZone(timing.zone);
  if (!zone.ok()) return zone.status();
  return TickRule(ZonedCron(*cron, *zone));
}

absl::Time TickRule::Next(absl::Time after) const {
  if (const auto* cron = std::get_if<ZonedCron>(&rule_)) return cron->Next(after);
  const absl::Duration every = std::get<absl::Duration>(rule_);
  return absl::UnixEpoch() + (IntervalsUntil(after, every) + 1) * every;
}

std::uint64_t TickRule::Count(absl::Time after, absl::Time until) const {
  if (const auto* cron = std::get_if<ZonedCron>(&rule_)) return cron->Count(after, until);
  const absl::Duration every = std::get<absl::Duration>(rule_);
  return after >= until ? 0 : static_cast<std::uint64_t>(IntervalsUntil(until, every) - IntervalsUntil(after, every));
}

}  // namespace wsfleet
