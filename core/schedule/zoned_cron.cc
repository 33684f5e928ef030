#include "core/schedule/zoned_cron.h"

#include <algorithm>
#include <optional>

namespace wsfleet {
namespace {

// The calendar that is looked at: years 1 to 9998.
constexpr absl::Time kEarliest = absl::FromUnixSeconds(-62'135'596'800);
constexpr absl::Time kLatest = absl::FromUnixSeconds(253'370'764'800);

absl::CivilMinute MinuteFrom(absl::CivilSecond second) {
  const absl::CivilMinute minute(second);
  return absl::CivilSecond(minute) == second ? minute : minute + 1;
}

// When the clock was changed.
absl::Time TimeOf(const absl::TimeZone& zone, const absl::TimeZone::CivilTransition& change) {
  return zone.At(std::min(change.from, change.to)).trans;
}

}  // namespace

struct ZonedCron::Stretch {
  struct Change {
    absl::Time at;
    absl::CivilSecond from, to;  // what the clock would have shown, and what it showed
    bool skips() const { return from < to; }
  };
  absl::Time known;  // a time of it, and what the clock shows then
  absl::CivilSecond known_civil;
  std::optional<Change> begin, end;  // nothing: the clock runs evenly for ever

  absl::Time TimeAt(absl::CivilMinute minute) const {
    return known + absl::Seconds(absl::CivilSecond(minute) - known_civil);
  }
};

ZonedCron::Stretch ZonedCron::StretchOf(absl::Time time) const {
  Stretch stretch;
  stretch.known = absl::FromUnixSeconds(absl::ToUnixSeconds(time));
  stretch.known_civil = zone_.At(stretch.known).cs;
  absl::TimeZone::CivilTransition change;
  // "Before" and "after" do not include the time itself.
  if (zone_.PrevTransition(stretch.known + absl::Seconds(1), &change)) {
    stretch.begin = {TimeOf(zone_, change), change.from, change.to};
  }
  if (zone_.NextTransition(stretch.known, &change)) {
    stretch.end = {TimeOf(zone_, change), change.from, change.to};
  }
  return stretch;
}

// The first minute that counts: what the clock repeats has had its turn.
absl::CivilMinute ZonedCron::FirstMinute(const Stretch& stretch) const {
  const Stretch::Change& begin = *stretch.begin;
  return MinuteFrom(expression_.names_every_hour() ? begin.to : std::max(begin.from, begin.to));
}

// Something was passed over.
bool ZonedCron::IsDueAtBegin(const Stretch& stretch) const {
  const Stretch::Change& begin = *stretch.begin;
  return begin.skips() && !expression_.names_every_hour() &&
         expression_.FirstMatch(MinuteFrom(begin.from), MinuteFrom(begin.to)).has_value();
}

absl::Time ZonedCron::Next(absl::Time after) const {
  after = std::max(after, kEarliest);
  Stretch stretch = StretchOf(std::min(after, kLatest));
  absl::CivilMinute from = absl::CivilMinute(stretch.known_civil) + 1;
  if (stretch.begin) from = std::max(from, FirstMinute(stretch));
  while (stretch.known < kLatest) {
    const absl::CivilMinute before = stretch.end ? MinuteFrom(stretch.end->from) : absl::CivilMinute::max();
    if (const auto match = expression_.FirstMatch(from, before)) return stretch.TimeAt(*match);
    if (!stretch.end) break;
    stretch = StretchOf(stretch.end->at);
    if (IsDueAtBegin(stretch)) return stretch.begin->at;
    from = FirstMinute(stretch);
  }
  return absl::InfiniteFuture();
}

std::uint64_t ZonedCron::Count(absl::Time after, absl::Time until) const {
  after = std::max(after, kEarliest);
  until = std::min(until, kLatest);
  if (after >= until) return 0;
  std::uint64_t count = 0;
  Stretch stretch = StretchOf(after);
  absl::CivilMinute from = absl::CivilMinute(stretch.known_civil) + 1;
  if (stretch.begin) from = std::max(from, FirstMinute(stretch));
  while (true) {
    const bool is_last = !stretch.end || stretch.end->at > until;
    const absl::CivilMinute before =
        is_last ? absl::CivilMinute(zone_.At(until).cs) + 1 : MinuteFrom(stretch.end->from);
    count += expression_.CountMatches(from, before);
    if (is_last) return count;
    stretch = StretchOf(stretch.end->at);
    from = FirstMinute(stretch);
    const bool counted_anyhow = expression_.Matches(from) && stretch.TimeAt(from) == stretch.begin->at;
    if (IsDueAtBegin(stretch) && !counted_anyhow) ++count;
  }
}

}  // namespace wsfleet
