#include "cli/plan/prepare_again.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/limits.h"

namespace wsfleet::cli {
namespace {

// In the order of the plan. A case that no region has a result of did not pass either.
std::vector<CaseId> NotPassed(const RunRecord& record) {
  std::set<CaseId> reported, wrong;
  for (const ShardRecordWithCases& entry : record.shards) {
    for (const CaseResult& result : entry.cases) {
      reported.insert(result.case_id);
      if (result.outcome == Outcome::kFailed || result.outcome == Outcome::kInconclusive) wrong.insert(result.case_id);
    }
  }
  std::vector<CaseId> cases;
  std::ranges::copy_if(record.job.spec.cases, std::back_inserter(cases),
                       [&](const CaseId& id) { return wrong.contains(id) || !reported.contains(id); });
  return cases;
}

absl::Status SelectFailed(const RunRecord& record, Selection& selection) {
  const std::string& run = record.job.id.value();
  if (!record.job.verdict) {
    return absl::FailedPreconditionError(fmt::format(
        "run {} has not ended, so what failed is not known; `wsfleet runs wait {}` waits for it", run, run));
  }
  std::vector<CaseId> cases = NotPassed(record);
  if (cases.empty()) return absl::InvalidArgumentError(fmt::format("nothing to run again: no case of {} failed", run));
  // All of them need no names.
  if (cases.size() == record.job.spec.cases.size()) return absl::OkStatus();
  if (cases.size() > static_cast<std::size_t>(wire::kMaxSelectedCases)) {
    return absl::InvalidArgumentError(
        fmt::format("{} of {} cases did not pass; at most {} can be chosen one by one: run all again without --failed",
                    cases.size(), record.job.spec.cases.size(), wire::kMaxSelectedCases));
  }
  selection.cases = std::move(cases);
  return absl::OkStatus();
}

// Those that the run was not given are kept by coordinator or agents.
absl::Status CheckSecrets(const Plan& plan, const std::vector<std::string>& flags,
                          const std::vector<std::string>& of_fleet) {
  std::set<std::string> named(of_fleet.begin(), of_fleet.end());
  for (const std::string& flag : flags) named.insert(flag.substr(0, flag.find('=')));
  std::string missing;
  for (const std::string& name : plan.secrets) {
    if (!named.contains(name)) missing += fmt::format("{}--secret {}", missing.empty() ? "" : " ", Printable(name));
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format(
      "the values of secrets are not kept with a run; give them again: {} (NAME, NAME=env:VARIABLE or NAME=file:PATH)",
      missing));
}

}  // namespace

absl::StatusOr<Prepared> PrepareAgain(const RunRecord& record, bool failed_only,
                                      const std::vector<std::string>& secrets, const Environment& environment) {
  Prepared prepared;
  prepared.files.bundle = record.bundle;
  prepared.options.has_deadline = true;
  JobSpec& spec = prepared.options.spec;
  spec.selection = record.job.spec.selection;
  spec.variables = record.job.spec.variables;
  spec.from = record.job.spec.from;
  spec.every_agent = record.job.spec.every_agent;
  spec.require = record.job.spec.require;
  spec.agents_wait = record.job.spec.agents_wait;
  spec.deadline = record.job.spec.deadline;
  spec.submitter = Submitter(environment);
  if (failed_only) {
    if (absl::Status status = SelectFailed(record, spec.selection); !status.ok()) return status;
  }
  const ResolveResult resolved = Resolve(prepared.files.bundle, spec.selection, spec.variables);
  const std::string errors = RenderDiagnostics(resolved.diagnostics, prepared.files);
  if (!resolved.plan) return absl::InvalidArgumentError(errors);
  prepared.plan = resolved.plan;
  if (absl::Status status = CheckSecrets(*prepared.plan, secrets, record.job.spec.secrets_of_fleet); !status.ok())
    return status;
  if (absl::Status status = ReadSecrets(secrets, environment, prepared.options.secrets); !status.ok()) return status;
  std::erase_if(prepared.options.secrets, [&](const auto& secret) {
    return std::ranges::find(prepared.plan->secrets, secret.first) == prepared.plan->secrets.end();
  });
  WarnOfShortSecrets(prepared.options.secrets);
  return prepared;
}

}  // namespace wsfleet::cli
