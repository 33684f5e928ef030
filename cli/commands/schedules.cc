#include "cli/run/schedules.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "boost/json/array.hpp"
#include "boost/json/object.hpp"
#include "cli/commands/commands.h"
#include "cli/commands/runner.h"
#include "cli/commands/schedule_json.h"
#include "cli/terminal/schedule_text.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "proto/wire/convert.h"

// schedules list, get, pause, resume, trigger, delete.
namespace wsfleet::cli {
namespace {

std::string NextText(const v1::Schedule& schedule, absl::Time now) {
  if (schedule.next().empty()) return "-";
  const absl::Duration until = wire::FromWire(schedule.next(0)) + wire::FromWire(schedule.timing().offset()) - now;
  return until > absl::ZeroDuration() ? "in " + FormatElapsed(until) : "now";
}

std::string LastText(const v1::Schedule& schedule) {
  if (schedule.last_job().empty()) return "-";
  return schedule.last_verdict().empty() ? "running" : Printable(schedule.last_verdict());
}

Listing Table(const std::vector<v1::Schedule>& schedules, absl::Time now) {
  Listing listing;
  listing.columns = {{"SCHEDULE"},
                     {"TIMES"},
                     {"STATE"},
                     {"NEXT"},
                     {"LAST"},
                     {"MISSED"},
                     {"STARTED", true},
                     {"SKIPPED", true},
                     {"REFUSED", true},
                     {"OVERLAP", true},
                     {"LAST RUN", true},
                     {"SUITES", true},
                     {"APPLIED BY", true},
                     {"DESCRIPTION", true}};
  for (const v1::Schedule& schedule : schedules) {
    listing.names.push_back(schedule.name());
    listing.items.push_back(ToJson(schedule));
    listing.rows.push_back({schedule.name(), TimesText(schedule), StateText(schedule), NextText(schedule, now),
                            LastText(schedule), std::to_string(schedule.missed()), std::to_string(schedule.started()),
                            std::to_string(schedule.skipped()), std::to_string(schedule.refused()),
                            OverlapText(schedule.overlap()), schedule.last_job(),
                            Printable(Excerpt(fmt::format("{}", fmt::join(schedule.suites(), ", ")), 40)),
                            Printable(schedule.submitter()), Printable(Excerpt(schedule.description(), 40))});
  }
  return listing;
}

void Say(const Invocation& invocation, const std::string& text) {
  if (!invocation.quiet) fmt::print(stderr, "{}\n", text);
}

}  // namespace

int SchedulesListCommand(Invocation& invocation) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto schedules = ListSchedules(**client);
  if (!schedules.ok()) return Fail(schedules.status());
  fmt::print("{}", Render(Table(*schedules, absl::Now()), invocation.output));
  return kPassedCode;
}

int SchedulesGetCommand(Invocation& invocation, const std::string& name) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto schedule = GetSchedule(**client, name);
  if (absl::IsNotFound(schedule.status())) {
    std::vector<std::string> names;
    if (const auto schedules = ListSchedules(**client); schedules.ok()) {
      for (const v1::Schedule& each : *schedules) names.push_back(each.name());
    }
    return Fail(WithSuggestion(schedule.status(), name, names));
  }
  if (!schedule.ok()) return Fail(schedule.status());
  switch (invocation.output) {
    case OutputFormat::kTable:
    case OutputFormat::kWide:
      fmt::print("{}", RenderSchedule(*schedule, absl::Now()));
      break;
    case OutputFormat::kJson:
    case OutputFormat::kYaml:
      fmt::print("{}", Render(ToJson(*schedule), invocation.output));
      break;
    case OutputFormat::kName:
      fmt::print("{}\n", schedule->name());
      break;
  }
  return kPassedCode;
}

int SchedulesPauseCommand(Invocation& invocation, const std::string& name, const std::string& reason) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto paused = PauseSchedule(**client, name, reason);
  if (!paused.ok()) return Fail(paused.status());
  Say(invocation, fmt::format("schedule {} {} paused; a run that is under way goes on", name, *paused ? "is" : "was"));
  return kPassedCode;
}

int SchedulesResumeCommand(Invocation& invocation, const std::string& name) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto resumed = ResumeSchedule(**client, name);
  if (!resumed.ok()) return Fail(resumed.status());
  Say(invocation, *resumed ? fmt::format("schedule {} goes on; what passed meanwhile is not made up for", name)
                           : fmt::format("schedule {} was not paused", name));
  return kPassedCode;
}

int SchedulesTriggerCommand(Invocation& invocation, const std::string& name, const std::string& run_key) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto run = TriggerSchedule(**client, name, run_key);
  if (!run.ok()) return Fail(run.status());
  const std::string job = Printable(run->job());
  fmt::print("{}", RenderSubmitted(run->job(), run->attached(), invocation.output));
  Say(invocation,
      fmt::format("{}`wsfleet runs watch {}` follows it", run->attached() ? "the run of this key; " : "", job));
  return kPassedCode;
}

int SchedulesDeleteCommand(Invocation& invocation, const std::string& name) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  if (const absl::Status status = DeleteSchedule(**client, name); !status.ok()) return Fail(status);
  Say(invocation, fmt::format("schedule {} is deleted; its runs stay", name));
  return kPassedCode;
}

}  // namespace wsfleet::cli
