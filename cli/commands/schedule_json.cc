#include "cli/commands/schedule_json.h"

#include "boost/json/array.hpp"
#include "cli/terminal/schedule_text.h"
#include "core/base/text.h"
#include "core/value/json_reader.h"
#include "proto/wire/convert.h"

namespace wsfleet::cli {
namespace {

namespace json = boost::json;

template <typename Texts>
json::array TextArray(const Texts& texts) {
  return json::array(texts.begin(), texts.end());
}

json::object TextMap(const google::protobuf::Map<std::string, std::string>& map) {
  json::object object;
  for (const auto& [name, value] : map) object[name] = value;
  return object;
}

std::string Text(const google::protobuf::Duration& duration) { return DurationText(wire::FromWire(duration)); }
std::string Text(const google::protobuf::Timestamp& time) { return TimeText(wire::FromWire(time)); }

json::object RunOf(const v1::Schedule& schedule) {
  json::object run{{"suites", TextArray(schedule.suites())},
                   {"bundle", schedule.bundle().digest()},
                   {"cases", schedule.cases()},
                   {"from", TextArray(schedule.from())},
                   {"agents_wait", Text(schedule.agents_wait())},
                   {"timeout", Text(schedule.deadline())},
                   {"submitter", schedule.submitter()}};
  if (schedule.require().rule_case() == v1::Require::kAtLeast) {
    run["require"] = schedule.require().at_least();
  } else {
    run["require"] = "all";
  }
  if (!schedule.has_selection()) return run;
  run["tags"] = TextArray(schedule.selection().tags());
  run["grep"] = schedule.selection().grep();
  run["repeat"] = schedule.selection().repeat();
  if (schedule.selection().has_max_priority()) run["priority"] = schedule.selection().max_priority();
  run["vars"] = TextMap(schedule.variables().vars());
  run["env"] = TextMap(schedule.variables().env());
  run["secrets"] = TextArray(schedule.secrets());
  return run;
}

json::object TickOf(const v1::Tick& tick) {
  json::object out{{"due", Text(tick.nominal())},
                   {"times", tick.times()},
                   {"decided", Text(tick.decided())},
                   {"outcome", TickOutcomeText(tick.outcome())}};
  if (!tick.job().empty()) out["job"] = tick.job();
  if (!tick.verdict().empty()) out["verdict"] = tick.verdict();
  if (!tick.reason().empty()) out["reason"] = tick.reason();
  return out;
}

}  // namespace

json::object ToJson(const v1::Schedule& schedule) {
  json::object out{{"schedule", schedule.name()},
                   {"state", StateText(schedule)},
                   {"overlap", OverlapText(schedule.overlap())},
                   {"catch_up", Text(schedule.catch_up())},
                   {"version", schedule.version()},
                   {"created", Text(schedule.created())},
                   {"changed", Text(schedule.changed())},
                   {"started", schedule.started()},
                   {"skipped", schedule.skipped()},
                   {"missed", schedule.missed()},
                   {"refused", schedule.refused()}};
  const v1::Timing& timing = schedule.timing();
  if (timing.cron().empty()) {
    out["every"] = Text(timing.every());
  } else {
    out["cron"] = timing.cron();
    out["zone"] = timing.zone();
  }
  if (timing.has_jitter()) {
    out["jitter"] = Text(timing.jitter());
    out["offset_ms"] = absl::ToInt64Milliseconds(wire::FromWire(timing.offset()));
  }
  if (!schedule.description().empty()) out["description"] = schedule.description();
  if (!schedule.pause_reason().empty()) out["pause_reason"] = schedule.pause_reason();
  if (!schedule.problem().empty()) out["problem"] = schedule.problem();
  if (schedule.has_waiting()) out["waiting"] = Text(schedule.waiting());
  if (!schedule.last_job().empty()) out["last_job"] = schedule.last_job();
  if (!schedule.last_verdict().empty()) out["last_verdict"] = schedule.last_verdict();
  json::array next;
  for (const auto& time : schedule.next()) next.emplace_back(Text(time));
  out["next"] = std::move(next);
  out["run"] = RunOf(schedule);
  if (schedule.has_selection()) {
    json::array ticks;
    for (const v1::Tick& tick : schedule.ticks()) ticks.push_back(TickOf(tick));
    out["ticks"] = std::move(ticks);
  }
  return out;
}

}  // namespace wsfleet::cli
