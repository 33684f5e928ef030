#include "cli/terminal/schedule_text.h"

#include <map>
#include <string_view>

#include "cli/output.h"
#include "core/base/text.h"
#include "core/schedule/records.h"
#include "core/schedule/zone.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "proto/wire/convert.h"
#include "proto/wire/enums.h"

namespace wsfleet::cli {
namespace {

std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  return Printable(fmt::format("{}", fmt::join(texts, ", ")));
}

std::string Joined(const google::protobuf::Map<std::string, std::string>& map) {
  std::string out;
  for (const auto& [name, value] : std::map<std::string, std::string>(map.begin(), map.end())) {
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", name, value);
  }
  return Printable(out);
}

std::string RequireText(const v1::Require& require) {
  return require.rule_case() == v1::Require::kAtLeast ? std::to_string(require.at_least()) : "all";
}

std::string RunText(const std::string& job, const std::string& verdict, v1::JobState state) {
  if (!verdict.empty()) return fmt::format("{} {}", job, verdict);
  const auto known = wire::FromWire(state);
  return known.ok() ? fmt::format("{} {}", job, JobStateName(*known)) : job;
}

std::string Property(std::string_view name, std::string_view text) { return fmt::format("  {:<12} {}\n", name, text); }

std::string RenderNext(const v1::Schedule& schedule, absl::Time now) {
  std::string out;
  for (const google::protobuf::Timestamp& next : schedule.next()) {
    const absl::Time nominal = wire::FromWire(next);
    const absl::Duration until = nominal + wire::FromWire(schedule.timing().offset()) - now;
    out += Property(out.empty() ? "next" : "",
                    fmt::format("{}  {}", LocalTime(schedule, nominal),
                                until > absl::ZeroDuration() ? "in " + FormatElapsed(until) : "now"));
  }
  return out;
}

std::string RenderTicks(const v1::Schedule& schedule) {
  Listing listing;
  listing.columns = {{"DUE"}, {"TIMES"}, {"OUTCOME"}, {"RUN"}, {"REASON"}};
  for (const v1::Tick& tick : schedule.ticks()) {
    listing.rows.push_back({LocalTime(schedule, wire::FromWire(tick.nominal())), std::to_string(tick.times()),
                            TickOutcomeText(tick.outcome()),
                            Printable(RunText(tick.job(), tick.verdict(), tick.state())), Printable(tick.reason())});
  }
  return listing.rows.empty() ? "" : "\n" + Render(listing, OutputFormat::kTable);
}

}  // namespace

std::string TimesText(const v1::Schedule& schedule) {
  const v1::Timing& timing = schedule.timing();
  if (timing.cron().empty()) return fmt::format("every {}", DurationText(wire::FromWire(timing.every())));
  return Printable(fmt::format("{} {}", timing.cron(), timing.zone()));
}

std::string LocalTime(const v1::Schedule& schedule, absl::Time time) {
  const std::string& name = schedule.timing().zone();
  const auto zone = FindZone(name.empty() ? "UTC" : name);
  return absl::FormatTime("%Y-%m-%d %H:%M:%S %Ez", time, zone.ok() ? *zone : absl::UTCTimeZone());
}

std::string StateText(const v1::Schedule& schedule) {
  if (schedule.paused()) return "paused";
  return schedule.problem().empty() ? "active" : "problem";
}

std::string OverlapText(v1::OverlapPolicy policy) {
  const auto known = wire::FromWire(policy);
  return known.ok() ? std::string(OverlapPolicyName(*known)) : "unknown";
}

std::string TickOutcomeText(v1::TickOutcome outcome) {
  const auto known = wire::FromWire(outcome);
  return known.ok() ? std::string(TickOutcomeName(*known)) : "unknown";
}

std::vector<std::pair<std::string, std::string>> AppliedProperties(const v1::Schedule& schedule) {
  std::vector<std::pair<std::string, std::string>> properties;
  const auto add = [&](const char* name, std::string text) {
    if (!text.empty()) properties.emplace_back(name, std::move(text));
  };
  const absl::Duration jitter = wire::FromWire(schedule.timing().jitter());
  const v1::Selection& selection = schedule.selection();
  add("description", Printable(schedule.description()));
  add("times", TimesText(schedule));
  if (jitter != absl::ZeroDuration()) add("jitter", DurationText(jitter));
  add("overlap", OverlapText(schedule.overlap()));
  add("catch_up", DurationText(wire::FromWire(schedule.catch_up())));
  add("suites", Joined(schedule.suites()));
  add("cases", std::to_string(schedule.cases()));
  add("from", schedule.from().empty() ? "every region" : Joined(schedule.from()));
  add("require", RequireText(schedule.require()));
  add("tags", Joined(selection.tags()));
  add("grep", Printable(selection.grep()));
  if (selection.has_max_priority()) add("priority", std::to_string(selection.max_priority()));
  if (selection.repeat() > 1) add("repeat", std::to_string(selection.repeat()));
  add("vars", Joined(schedule.variables().vars()));
  add("env", Joined(schedule.variables().env()));
  add("secrets", schedule.secrets_lost() ? "(cannot be opened any more)" : Joined(schedule.secrets()));
  add("agents_wait", DurationText(wire::FromWire(schedule.agents_wait())));
  add("timeout", DurationText(wire::FromWire(schedule.deadline())));
  return properties;
}

std::string RenderSchedule(const v1::Schedule& schedule, absl::Time now) {
  std::string out = fmt::format("Schedule {}  {}", schedule.name(), StateText(schedule));
  if (!schedule.pause_reason().empty()) out += fmt::format(" ({})", Printable(schedule.pause_reason()));
  out += "\n";
  if (!schedule.problem().empty()) out += Property("problem", Printable(schedule.problem()));
  for (const auto& [name, text] : AppliedProperties(schedule)) out += Property(name, text);
  out += Property(
      "version", fmt::format("{}, applied {} by {}", schedule.version(),
                             LocalTime(schedule, wire::FromWire(schedule.changed())), Printable(schedule.submitter())));
  out += Property("times so far", fmt::format("{} started, {} skipped, {} missed, {} refused", schedule.started(),
                                              schedule.skipped(), schedule.missed(), schedule.refused()));
  if (!schedule.last_job().empty()) {
    out +=
        Property("last run", Printable(RunText(schedule.last_job(), schedule.last_verdict(), schedule.last_state())));
  }
  if (schedule.has_waiting()) {
    out += Property("waits",
                    fmt::format("{}, for the end of the run", LocalTime(schedule, wire::FromWire(schedule.waiting()))));
  }
  const absl::Duration offset = wire::FromWire(schedule.timing().offset());
  if (offset > absl::ZeroDuration())
    out += Property("starts", fmt::format("{} later, by its jitter", FormatElapsed(offset)));
  return out + RenderNext(schedule, now) + RenderTicks(schedule);
}

}  // namespace wsfleet::cli
