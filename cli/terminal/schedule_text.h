#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "wsfleet/v1/schedule.pb.h"

// How people read schedules. Everything is fit for a terminal.
namespace wsfleet::cli {

// "*/5 * * * * Europe/Berlin", "every 30s".
std::string TimesText(const v1::Schedule& schedule);

// As clocks of the schedule's zone show it: "2026-03-29 03:00:00 +02:00".
std::string LocalTime(const v1::Schedule& schedule, absl::Time time);

// "active", "paused", or that there is a problem.
std::string StateText(const v1::Schedule& schedule);

std::string OverlapText(v1::OverlapPolicy policy);
std::string TickOutcomeText(v1::TickOutcome outcome);

// What was applied, by what it is called: those that are not set are left out. Two schedules are the same if these are,
// and their files and the values of their secrets.
std::vector<std::pair<std::string, std::string>> AppliedProperties(const v1::Schedule& schedule);

// All of it: what was applied, the times to come, and what became of the last ones.
std::string RenderSchedule(const v1::Schedule& schedule, absl::Time now);

}  // namespace wsfleet::cli
