#include "cli/run/runs.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/time/clock.h"
#include "boost/json/array.hpp"
#include "boost/json/object.hpp"
#include "cli/commands/commands.h"
#include "cli/plan/prepare.h"
#include "cli/report/run_json.h"
#include "cli/run/follow.h"
#include "cli/run/job_feed.h"
#include "cli/terminal/event_text.h"
#include "cli/terminal/progress.h"
#include "cli/terminal/summary.h"
#include "core/base/text.h"
#include "core/value/json_reader.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"

// runs list, get, watch, wait, logs, cancel.
namespace wsfleet::cli {
namespace {

namespace json = boost::json;

constexpr absl::Duration kReconnectLimit = absl::Seconds(60);
constexpr absl::Duration kCancelLimit = absl::Seconds(30);

// What a list shows in one word.
std::string Standing(const v1::Job& job) { return HasEnded(job) ? job.verdict() : StateName(job.state()); }

json::object JobToJson(const v1::Job& job) {
  json::object out{{"job", job.job()},
                   {"state", StateName(job.state())},
                   {"suites", json::array(job.suites().begin(), job.suites().end())},
                   {"submitter", job.submitter()},
                   {"created", TimeText(wire::FromWire(job.created()))}};
  if (HasEnded(job)) out["verdict"] = job.verdict();
  if (!job.run_key().empty()) out["run_key"] = job.run_key();
  if (!job.schedule().empty()) out["schedule"] = job.schedule();
  if (job.has_tick()) out["tick"] = TimeText(wire::FromWire(job.tick()));
  if (job.has_finished()) out["finished"] = TimeText(wire::FromWire(job.finished()));
  return out;
}

std::string Age(const v1::Job& job) { return FormatElapsed(absl::Now() - wire::FromWire(job.created())) + " ago"; }

std::string SuiteList(const v1::Job& job) {
  return Printable(Excerpt(fmt::format("{}", fmt::join(job.suites(), ", ")), 40));
}

// A run as it is now, for people: with its summary once it has ended.
std::string RenderRun(const RunRecord& record) {
  if (record.job.verdict) return RenderSummary(record, true);
  Listing shards;
  shards.columns = {{"REGION"}, {"STATE"}, {"AGENT"}, {"ATTEMPT"}, {"CASES"}, {"FAILED"}, {"REASON"}};
  for (const ShardRecordWithCases& entry : record.shards) {
    const ShardRecord& shard = entry.shard;
    shards.rows.push_back({Printable(shard.region.empty() ? shard.term : shard.region.value()),
                           std::string(ShardStateName(shard.state)), Printable(shard.agent.value()),
                           std::to_string(shard.attempt),
                           fmt::format("{}/{}", shard.finished_cases, record.job.spec.cases.size()),
                           std::to_string(shard.failed_cases), Printable(shard.reason)});
  }
  const std::string schedule = ScheduleOf(record.job);
  return fmt::format("Run {}  {} · {} · {}{}\n{}", Printable(record.job.id.value()), JobStateName(record.job.state),
                     Printable(record.job.spec.submitter), TimeText(record.job.created),
                     schedule.empty() ? "" : " · schedule " + Printable(schedule),
                     Render(shards, OutputFormat::kTable));
}

int PrintRun(const Invocation& invocation, const RunRecord& record) {
  switch (invocation.output) {
    case OutputFormat::kTable:
    case OutputFormat::kWide:
      fmt::print("{}", Paint(RenderRun(record), invocation.console().colour_out));
      break;
    case OutputFormat::kJson:
    case OutputFormat::kYaml:
      fmt::print("{}", Render(ToJson(record), invocation.output));
      break;
    case OutputFormat::kName:
      fmt::print("{}\n", Printable(record.job.id.value()));
      break;
  }
  return kPassedCode;
}

absl::StatusOr<int> FollowToVerdict(Invocation& invocation, const std::string& job, Progress::Options options,
                                    bool summary) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return client.status();
  // Ctrl-C leaves; the run goes on.
  const auto deferred = invocation.interrupt.Defer();
  {
    Progress progress(std::move(options));
    const auto followed = Follow(**client, job, FollowOptions{}, progress, invocation.interrupt);
    if (!followed.ok()) return followed.status();
    if (*followed != Followed::kToTheEnd) return kInterruptedCode;
  }
  auto record = FetchRecord(**client, job);
  if (!record.ok()) return record.status();
  if (summary) PrintRun(invocation, *record);
  return ExitCode(record->summary.verdict);
}

int CodeOf(const absl::StatusOr<int>& code) { return code.ok() ? *code : static_cast<int>(Fail(code.status())); }

absl::Status PrintEvents(CoordinatorClient& client, const std::string& job, bool follow) {
  const auto now = GetJob(client, job);
  if (!now.ok()) return now.status();
  if (!follow && now->event_number() == 0) return absl::OkStatus();
  JobFeed feed(client, job, kReconnectLimit);
  while (true) {
    const JobFeed::Item item = feed.Next();
    if (const auto* ended = std::get_if<JobFeed::Ended>(&item)) return ended->status;
    const auto* event = std::get_if<v1::JobEvent>(&item);
    if (event == nullptr) continue;
    if (const auto line = LogLine(*event)) {
      fmt::print("{}\n", *line);
      if (follow) std::fflush(stdout);
    }
    if (!follow && event->number() >= now->event_number()) return absl::OkStatus();
  }
}

}  // namespace

int RunsListCommand(Invocation& invocation, unsigned limit) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto jobs = ListJobs(**client, limit);
  if (!jobs.ok()) return Fail(jobs.status());
  Listing listing;
  listing.columns = {{"RUN"},       {"STATUS"},         {"CREATED"},   {"SUITES"},
                     {"SUBMITTER"}, {"SCHEDULE", true}, {"KEY", true}, {"BUNDLE", true}};
  for (const v1::Job& job : *jobs) {
    listing.names.push_back(job.job());
    listing.items.push_back(JobToJson(job));
    listing.rows.push_back({job.job(), Standing(job), Age(job), SuiteList(job), Printable(job.submitter()),
                            Printable(job.schedule()), Printable(job.run_key()), job.bundle().digest()});
  }
  fmt::print("{}", Render(listing, invocation.output));
  return kPassedCode;
}

int RunsGetCommand(Invocation& invocation, const std::string& job) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto record = FetchRecord(**client, job);
  return record.ok() ? PrintRun(invocation, *record) : static_cast<int>(Fail(record.status()));
}

int RunsWatchCommand(Invocation& invocation, const std::string& job) {
  return CodeOf(FollowToVerdict(
      invocation, job,
      Progress::For(invocation.console(), invocation.quiet, invocation.verbose, "Ctrl-C leaves; the run goes on"),
      true));
}

int RunsWaitCommand(Invocation& invocation, const std::string& job) {
  return CodeOf(FollowToVerdict(invocation, job, Progress::For(invocation.console(), true, false, ""), false));
}

int RunsLogsCommand(Invocation& invocation, const std::string& job, bool follow) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const absl::Status status = PrintEvents(**client, job, follow);
  return status.ok() ? kPassedCode : Fail(status);
}

int RunsCancelCommand(Invocation& invocation, const std::string& job) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto cancelled =
      CancelJob(**client, job, "wsfleet runs cancel", Submitter(invocation.environment), kCancelLimit);
  if (!cancelled.ok()) return Fail(cancelled.status());
  if (invocation.quiet) return kPassedCode;
  if (cancelled->has_finished()) {
    fmt::print(stderr, "run {} has ended: {}\n", job, StateName(cancelled->state()));
  } else {
    fmt::print(stderr, "run {} is being cancelled\n", job);
  }
  return kPassedCode;
}

}  // namespace wsfleet::cli
