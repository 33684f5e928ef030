#include "cli/commands/runner.h"

#include <cstdio>
#include <utility>

#include "boost/json/object.hpp"
#include "cli/report/run_json.h"
#include "cli/terminal/probe.h"
#include "cli/terminal/summary.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {

std::string RenderSubmitted(const std::string& job, bool attached, OutputFormat format) {
  if (format != OutputFormat::kJson && format != OutputFormat::kYaml) return Printable(job) + "\n";
  return Render(boost::json::object{{"job", job}, {"attached", attached}}, format);
}

absl::StatusOr<int> Runner::RunOn(CoordinatorClient& client) {
  // From here on there may be a run to cancel.
  const auto deferred = invocation_.interrupt.Defer();
  auto submitted = Submit(client, prepared_.files.bundle, prepared_.options);
  if (absl::IsFailedPrecondition(submitted.status())) {
    // The fleet is stopped, which says nothing of the suite.
    Fail(submitted.status());
    return kInconclusiveCode;
  }
  if (!submitted.ok()) return submitted.status();
  for (const std::string& warning : submitted->warnings) fmt::print(stderr, "{}\n", Printable(warning));
  const std::string job = Printable(submitted->job);
  if (view_.detach) {
    fmt::print("{}", RenderSubmitted(submitted->job, submitted->attached, invocation_.output));
    return kPassedCode;
  }
  auto followed = FollowRun(client, *submitted);
  if (!followed.ok()) {
    return absl::Status(followed.status().code(),
                        fmt::format("run {}: {}", submitted->job, ToStd(followed.status().message())));
  }
  switch (*followed) {
    case Followed::kDetached:
      fmt::print(stderr, "detached; `wsfleet runs watch {}` shows it again\n", job);
      return kPassedCode;
    case Followed::kInterrupted:
      fmt::print(stderr, "run {} was cancelled; its end was not seen\n", job);
      return kInterruptedCode;
    case Followed::kToTheEnd:
      break;
  }
  return Report(client, submitted->job);
}

absl::StatusOr<Followed> Runner::FollowRun(CoordinatorClient& client, const Submitted& submitted) {
  const Console console = invocation_.console();
  // A local fleet ends with this command: there is nothing to detach from.
  const bool can_detach = console.keys && !invocation_.quiet && !view_.local;
  Progress progress(Progress::For(console, invocation_.quiet, invocation_.verbose,
                                  can_detach ? "Ctrl-C cancels · d detaches" : "Ctrl-C cancels"));
  progress.Say(fmt::format("Run {}  {} · {}{}{}", submitted.job, SuiteNames(),
                           CountText(prepared_.plan->cases.size(), "case"),
                           view_.local ? fmt::format(" · {}", kLocalFleet) : "",
                           submitted.attached ? " · attached to the run of this key" : ""));
  FollowOptions follow;
  follow.cancel_on_interrupt = true;
  follow.keys = can_detach;
  return Follow(client, submitted.job, follow, progress, invocation_.interrupt);
}

std::string Runner::SuiteNames() const {
  std::string names;
  for (const auto& suite : prepared_.plan->suites) names += (names.empty() ? "" : ", ") + suite->name;
  return Printable(Excerpt(names, 60));
}

absl::StatusOr<int> Runner::Report(CoordinatorClient& client, const std::string& job) {
  auto record = FetchRecord(client, job);
  if (!record.ok()) return record.status();
  if (record->job.spec.command.empty()) record->job.spec.command = invocation_.command_line;  // an older coordinator
  record->local = view_.local;
  ShowPaths(*record);
  // Data of a report on stdout stays alone there.
  std::FILE* const out = GoesToStdout(view_.reports) ? stderr : stdout;
  std::string text;
  if (invocation_.output == OutputFormat::kName) {
    text = job + "\n";
  } else if (invocation_.output == OutputFormat::kJson || invocation_.output == OutputFormat::kYaml) {
    text = Render(ToJson(*record), invocation_.output);
  } else if (view_.summary != "none") {
    text = view_.probe ? RenderProbe(*record) : "";
    text += RenderSummary(*record, view_.summary == "full");
    const Console console = invocation_.console();
    text = Paint(text, out == stdout ? console.colour_out : console.colour_err);
  }
  if (out == stdout) {
    PrintData(text).IgnoreError();
  } else {
    std::fwrite(text.data(), 1, text.size(), out);
  }
  const int code = ExitCode(record->summary.verdict);
  if (const absl::Status status = WriteReports(*record, view_.reports); !status.ok()) {
    PrintError(ToStd(status.message()));
    // A gate must not pass when what it was to leave behind is missing.
    return code == kPassedCode ? static_cast<int>(kInconclusiveCode) : code;
  }
  return code;
}

// The author's paths in place of the bundle's.
void Runner::ShowPaths(RunRecord& record) const {
  const auto& shown = prepared_.files.shown;
  for (ShardRecordWithCases& entry : record.shards) {
    for (CaseResult& result : entry.cases) {
      if (result.failure) result.failure->range = Shown(result.failure->range, shown);
    }
  }
  SourceFiles files;
  for (auto& [path, content] : record.bundle.files) files.emplace(Shown({path}, shown).file, std::move(content));
  record.bundle.files = std::move(files);
  for (std::string& path : record.bundle.suites) path = Shown({path}, shown).file;
}

}  // namespace wsfleet::cli
