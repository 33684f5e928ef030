#include "cli/commands/commands.h"
#include "cli/commands/runner.h"
#include "cli/plan/prepare_again.h"

// runs rerun: what a run did once more, watched as `run` does.
namespace wsfleet::cli {
namespace {

absl::StatusOr<int> RunAgain(Invocation& invocation, const std::string& job, const RerunFlags& flags) {
  auto reports = ParseReports(flags.reports);
  if (!reports.ok()) return reports.status();
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return client.status();
  const auto record = FetchRecord(**client, job);
  if (!record.ok()) return record.status();
  auto prepared = PrepareAgain(*record, flags.failed, flags.secrets, invocation.environment);
  if (!prepared.ok()) return prepared.status();
  prepared->options.spec.detached = flags.detach;
  prepared->options.spec.command = invocation.command_line;
  const RunView view{*std::move(reports), flags.summary, flags.detach, false, false};
  return Runner(invocation, *prepared, view).RunOn(**client);
}

}  // namespace

int RunsRerunCommand(Invocation& invocation, const std::string& job, const RerunFlags& flags) {
  const auto code = RunAgain(invocation, job, flags);
  return code.ok() ? *code : static_cast<int>(Fail(code.status()));
}

}  // namespace wsfleet::cli
