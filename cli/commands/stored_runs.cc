#include <cstdio>
#include <utility>

#include "boost/json/parse.hpp"
#include "cli/commands/commands.h"
#include "cli/report/report_files.h"
#include "cli/report/run_json.h"
#include "cli/report/trace.h"
#include "cli/run/runs.h"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "fmt/format.h"

// runs report, trace: what is stored of a run, shown in other forms.
namespace wsfleet::cli {
namespace {

constexpr std::uint64_t kMaxSavedBytes = std::uint64_t{1} << 30;

absl::StatusOr<RunRecord> ReadSaved(const std::string& path) {
  auto text = ReadWholeFile(path, kMaxSavedBytes);
  if (!text.ok()) return text.status();
  boost::json::error_code error;
  const boost::json::value json = boost::json::parse(*text, error);
  if (error) {
    return absl::InvalidArgumentError(
        fmt::format("{}: expected the JSON report of a run, found no JSON ({})", path, error.message()));
  }
  auto record = RunRecordFromJson(json);
  if (record.ok()) return record;
  return absl::InvalidArgumentError(
      fmt::format("{}: {}; expected what `--report json={}` wrote", path, ToStd(record.status().message()), path));
}

absl::StatusOr<RunRecord> FetchStored(Invocation& invocation, const std::string& job) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return client.status();
  return FetchRecord(**client, job);
}

absl::Status WriteStored(Invocation& invocation, const std::string& job, const std::string& from,
                         const std::vector<std::string>& texts) {
  if (job.empty() == from.empty()) {
    return absl::InvalidArgumentError("runs report: expected the id of a run or --from FILE, one of the two");
  }
  const auto reports = ParseReports(texts);
  if (!reports.ok()) return reports.status();
  const auto record = from.empty() ? FetchStored(invocation, job) : ReadSaved(from);
  if (!record.ok()) return record.status();
  if (!record->job.verdict) {
    const std::string run = Printable(record->job.id.value());
    return absl::FailedPreconditionError(
        fmt::format("run {} has not ended; `wsfleet runs wait {}` waits for it", run, run));
  }
  if (absl::Status status = WriteReports(*record, *reports); !status.ok()) return status;
  for (const ReportFile& report : *reports) {
    if (report.path != "-" && !invocation.quiet) fmt::print(stderr, "wrote {}\n", report.path);
  }
  return absl::OkStatus();
}

}  // namespace

int RunsReportCommand(Invocation& invocation, const std::string& job, const std::string& from,
                      const std::vector<std::string>& reports) {
  const absl::Status status = WriteStored(invocation, job, from, reports);
  return status.ok() ? kPassedCode : Fail(status);
}

int RunsTraceCommand(Invocation& invocation, const std::string& job, const std::string& case_name,
                     const std::string& region) {
  const auto record = FetchStored(invocation, job);
  if (!record.ok()) return Fail(record.status());
  const auto traces = SelectTraces(*record, case_name, region);
  if (!traces.ok()) return Fail(traces.status());
  switch (invocation.output) {
    case OutputFormat::kTable:
    case OutputFormat::kWide:
      fmt::print("{}", Paint(RenderTraces(*traces), invocation.console().colour_out));
      break;
    case OutputFormat::kJson:
    case OutputFormat::kYaml:
      fmt::print("{}", Render(ToJson(*traces), invocation.output));
      break;
    case OutputFormat::kName:
      for (const Trace& trace : *traces) fmt::print("{}\n", Printable(trace.result->case_id.value()));
      break;
  }
  if (traces->empty() && !invocation.quiet) {
    fmt::print(stderr, "{}\n",
               case_name.empty() ? "no case that ran has failed; name a case to see its phases"
                                 : "this case did not run: nothing went over the wire");
  }
  return kPassedCode;
}

}  // namespace wsfleet::cli
