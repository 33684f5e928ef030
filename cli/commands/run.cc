#include <optional>
#include <utility>

#include "cli/commands/commands.h"
#include "cli/commands/runner.h"
#include "cli/local/local_fleet.h"
#include "cli/plan/prepare.h"
#include "cli/plan/probe_suite.h"
#include "cli/report/report_files.h"
#include "fmt/format.h"

// run and probe: submit, follow to the end, and say what came out.
namespace wsfleet::cli {
namespace {

// On the coordinator that is configured, or on a local fleet of its own.
absl::StatusOr<int> RunPrepared(Invocation& invocation, const RunFlags& flags, RunView view, Prepared prepared) {
  if (absl::Status status = ReadRunFlags(flags, invocation.environment, prepared.options); !status.ok()) return status;
  prepared.options.spec.command = invocation.command_line;
  auto endpoint = ConfiguredEndpoint(invocation);
  if (!flags.local && !endpoint.ok()) return endpoint.status();
  view.local = flags.local || endpoint->address.empty();
  if (!view.local) {
    auto client = ConnectTo(*endpoint, invocation.quiet);
    if (!client.ok()) return client.status();
    return Runner(invocation, prepared, view).RunOn(**client);
  }
  if (!flags.local) {
    if (absl::Status status = CheckNoneIsMeant(*endpoint, invocation.environment); !status.ok()) return status;
    // Quiet, too: nobody asked for it, and what passes here says little of elsewhere.
    fmt::print(stderr, "no coordinator is configured: a local fleet of {} regions runs this\n",
               std::size(LocalFleet::kRegions));
  }
  if (flags.detach) {
    return absl::InvalidArgumentError("--detach: a local fleet ends with this command; name a coordinator");
  }
  if (absl::Status status = LocalFleet::CheckTerms(prepared.options.spec.from); !status.ok()) return status;
  LocalFleet fleet(invocation.interrupt);
  if (absl::Status status = fleet.Start("", false); !status.ok()) return status;
  auto client = ConnectTo(fleet.endpoint(), invocation.quiet);
  if (!client.ok()) return client.status();
  return Runner(invocation, prepared, view).RunOn(**client);
}

int RunSuites(Invocation& invocation, const RunFlags& flags, std::optional<ProbeSuite> probe) {
  auto reports = ParseReports(flags.reports);
  if (!reports.ok()) return Fail(reports.status());
  auto prepared = probe ? PreparePlan(std::move(probe->files), flags.plan, invocation.environment)
                        : PreparePlan(flags.plan, invocation.environment);
  if (!prepared.ok()) return Fail(prepared.status());
  if (probe) prepared->options.secrets.merge(probe->secrets);
  const RunView view{*std::move(reports), flags.summary, flags.detach, false, probe.has_value()};
  const auto code = RunPrepared(invocation, flags, view, *std::move(prepared));
  return code.ok() ? *code : static_cast<int>(Fail(code.status()));
}

}  // namespace

int RunCommand(Invocation& invocation, const RunFlags& flags) { return RunSuites(invocation, flags, std::nullopt); }

int ProbeCommand(Invocation& invocation, const std::string& url, const RunFlags& flags) {
  auto suite = MakeProbeSuite(url);
  return suite.ok() ? RunSuites(invocation, flags, *std::move(suite)) : Fail(suite.status());
}

}  // namespace wsfleet::cli
