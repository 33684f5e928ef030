#include <cstdio>
#include <optional>
#include <utility>

#include "cli/commands/commands.h"
#include "cli/local/local_fleet.h"
#include "cli/plan/prepare.h"
#include "cli/report/report_files.h"
#include "cli/run/follow.h"
#include "cli/run/runs.h"
#include "cli/terminal/probe.h"
#include "cli/terminal/summary.h"
#include "core/base/text.h"
#include "fmt/format.h"

// run and probe: submit, follow to the end, and say what came out.
namespace wsfleet::cli {
namespace {

constexpr char kProbeFile[] = "probe.wsfleet.yaml";

// One run, from a plan that holds to its exit code.
class Runner {
 public:
  Runner(Invocation& invocation, const RunFlags& flags, std::vector<ReportFile> reports, Prepared prepared, bool probe)
      : invocation_(invocation),
        flags_(flags),
        reports_(std::move(reports)),
        prepared_(std::move(prepared)),
        probe_(probe) {}

  absl::StatusOr<int> Run() {
    if (absl::Status status = ReadRunFlags(flags_, invocation_.environment, prepared_.options); !status.ok()) {
      return status;
    }
    auto endpoint = ConfiguredEndpoint(invocation_);
    if (!flags_.local && !endpoint.ok()) return endpoint.status();
    if (!flags_.local && !endpoint->address.empty()) return RunOn(*endpoint);
    if (!flags_.local && !invocation_.quiet) {
      fmt::print(stderr, "no coordinator is configured: a local fleet of {} regions runs this\n",
                 std::size(LocalFleet::kRegions));
    }
    if (flags_.detach) {
      return absl::InvalidArgumentError("--detach: a local fleet ends with this command; name a coordinator");
    }
    local_ = true;
    LocalFleet fleet(invocation_.interrupt);
    if (absl::Status status = fleet.Start("", false); !status.ok()) return status;
    return RunOn(fleet.endpoint());
  }

 private:
  absl::StatusOr<int> RunOn(const Endpoint& endpoint) {
    auto client = ConnectTo(endpoint, invocation_.quiet);
    if (!client.ok()) return client.status();
    // From here on there may be a run to cancel.
    const auto deferred = invocation_.interrupt.Defer();
    auto submitted = Submit(**client, prepared_.files.bundle, prepared_.options);
    if (!submitted.ok()) return submitted.status();
    for (const std::string& warning : submitted->warnings) fmt::print(stderr, "{}\n", Printable(warning));
    if (flags_.detach) {
      fmt::print("{}\n", submitted->job);
      return kPassedCode;
    }
    auto followed = FollowRun(**client, *submitted);
    if (!followed.ok()) {
      return absl::Status(followed.status().code(),
                          fmt::format("run {}: {}", submitted->job, ToStd(followed.status().message())));
    }
    switch (*followed) {
      case Followed::kDetached:
        fmt::print(stderr, "detached; `wsfleet runs watch {}` shows it again\n", submitted->job);
        return kPassedCode;
      case Followed::kInterrupted:
        fmt::print(stderr, "run {} was cancelled; its end was not seen\n", submitted->job);
        return kInterruptedCode;
      case Followed::kToTheEnd:
        break;
    }
    return Report(**client, submitted->job);
  }

  absl::StatusOr<Followed> FollowRun(CoordinatorClient& client, const Submitted& submitted) {
    const Console console = invocation_.console();
    // A local fleet ends with this command: there is nothing to detach from.
    const bool can_detach = console.keys && !invocation_.quiet && !local_;
    Progress progress(Progress::For(console, invocation_.quiet, invocation_.verbose,
                                    can_detach ? "Ctrl-C cancels · d detaches" : "Ctrl-C cancels"));
    progress.Say(fmt::format("Run {}  {} · {} {}{}", submitted.job, SuiteNames(), prepared_.plan->cases.size(),
                             prepared_.plan->cases.size() == 1 ? "case" : "cases",
                             submitted.attached ? " · attached to the run of this key" : ""));
    FollowOptions follow;
    follow.cancel_on_interrupt = true;
    follow.keys = can_detach;
    return Follow(client, submitted.job, follow, progress, invocation_.interrupt);
  }

  std::string SuiteNames() const {
    std::string names;
    for (const auto& suite : prepared_.plan->suites) names += (names.empty() ? "" : ", ") + suite->name;
    return Printable(Excerpt(names, 60));
  }

  absl::StatusOr<int> Report(CoordinatorClient& client, const std::string& job) {
    auto record = FetchRecord(client, job);
    if (!record.ok()) return record.status();
    record->command = invocation_.command_line;
    ShowPaths(*record);
    // Data of a report on stdout stays alone there.
    std::FILE* const out = GoesToStdout(reports_) ? stderr : stdout;
    if (invocation_.output == OutputFormat::kName) {
      fmt::print(out, "{}\n", job);
    } else if (invocation_.output == OutputFormat::kJson || invocation_.output == OutputFormat::kYaml) {
      fmt::print(out, "{}", Render(ToJson(*record), invocation_.output));
    } else if (flags_.summary != "none") {
      std::string text = probe_ ? RenderProbe(*record) : "";
      text += RenderSummary(*record, flags_.summary == "full");
      const Console console = invocation_.console();
      fmt::print(out, "{}", Paint(text, out == stdout ? console.colour_out : console.colour_err));
    }
    std::fflush(out);
    const int code = ExitCode(record->summary.verdict);
    if (const absl::Status status = WriteReports(*record, reports_); !status.ok()) {
      PrintError(ToStd(status.message()));
      // A gate must not pass when what it was to leave behind is missing.
      return code == kPassedCode ? static_cast<int>(kInconclusiveCode) : code;
    }
    return code;
  }

  // The author's paths in place of the bundle's.
  void ShowPaths(RunRecord& record) const {
    const auto& shown = prepared_.files.shown;
    for (ShardRecordWithCases& entry : record.shards) {
      for (CaseResult& result : entry.cases) {
        if (result.failure) result.failure->range = Shown(result.failure->range, shown);
      }
    }
    SourceFiles files;
    for (auto& [path, content] : record.bundle.files) files.emplace(Shown({path}, shown).file, std::move(content));
    record.bundle.files = std::move(files);
  }

  Invocation& invocation_;
  const RunFlags& flags_;
  const std::vector<ReportFile> reports_;
  Prepared prepared_;
  const bool probe_;
  bool local_ = false;
};

// `bundle`: of a probe.
int RunBundle(Invocation& invocation, const RunFlags& flags, std::optional<BundleOnDisk> bundle) {
  auto reports = ParseReports(flags.reports);
  if (!reports.ok()) return Fail(reports.status());
  const bool probe = bundle.has_value();
  auto prepared = probe ? PreparePlan(*std::move(bundle), flags.plan, invocation.environment)
                        : PreparePlan(flags.plan, invocation.environment);
  if (!prepared.ok()) return Fail(prepared.status());
  const auto code = Runner(invocation, flags, *std::move(reports), *std::move(prepared), probe).Run();
  return code.ok() ? *code : static_cast<int>(Fail(code.status()));
}

}  // namespace

int RunCommand(Invocation& invocation, const RunFlags& flags) { return RunBundle(invocation, flags, std::nullopt); }

int ProbeCommand(Invocation& invocation, const std::string& url, const RunFlags& flags) {
  const std::size_t scheme = url.find("://");
  const std::size_t path = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  if (!url.starts_with("ws://") && !url.starts_with("wss://")) {
    return Fail(absl::InvalidArgumentError(
        fmt::format("probe: expected a URL such as wss://host/path, found \"{}\"", Printable(url))));
  }
  if (url.find_first_of(" \t\n\"\\$") != std::string::npos) {
    return Fail(absl::InvalidArgumentError(
        fmt::format("probe: \"{}\" has characters that a URL must escape, such as %20 for a space", Printable(url))));
  }
  BundleOnDisk files;
  files.bundle.suites = {kProbeFile};
  files.bundle.files[kProbeFile] = fmt::format(
      "version: wsfleet/v1\nname: probe\ntarget: \"{}\"\nscenarios:\n  - name: handshake\n    steps:\n"
      "      - connect: {{path: \"{}\"}}\n      - ping: {{}}\n",
      url.substr(0, path), path == std::string::npos ? "/" : url.substr(path));
  return RunBundle(invocation, flags, std::move(files));
}

}  // namespace wsfleet::cli
