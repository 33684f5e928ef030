#include "coordinator/rpc/submission.h"

#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "coordinator/agent_messages.h"
#include "coordinator/logs/server_logs.h"
#include "core/base/text.h"
#include "core/job/job_id.h"
#include "core/policy/fleet_policy.h"
#include "core/policy/plan_needs.h"
#include "core/policy/plan_targets.h"
#include "core/scenario/plan.h"
#include "core/secret/missing_secret.h"
#include "fmt/format.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"
#include "proto/wire/limits.h"

namespace wsfleet::coordinator {
namespace {

constexpr int kMaxTerms = 1000;
constexpr std::size_t kMaxTermBytes = 512;
constexpr int kMaxSecrets = 64;
constexpr absl::Duration kMaxDeadline = absl::Hours(24);
constexpr absl::Duration kMaxAgentsWait = absl::Hours(1);

absl::Status CheckHeader(const v1::SubmitHeader& header, const std::string& canonical) {
  if (const BundleDigest found = wire::Digest(canonical); found.value() != header.bundle().digest()) {
    return absl::InvalidArgumentError(fmt::format("bundle.digest: expected {}, the SHA-256 of what was sent is {}",
                                                  header.bundle().digest(), found.value()));
  }
  if (auto status = wire::CheckKey("run_key", header.run_key(), wire::kMaxNameBytes); !status.ok()) return status;
  if (auto status = wire::CheckText("submitter", header.submitter(), wire::kMaxTextBytes); !status.ok()) return status;
  if (auto status = wire::CheckText("command", header.command(), wire::kMaxTextBytes); !status.ok()) return status;
  if (auto status = wire::CheckCount("from", header.from_size(), kMaxTerms); !status.ok()) return status;
  for (const std::string& term : header.from()) {
    if (auto status = wire::CheckText("from", term, kMaxTermBytes); !status.ok()) return status;
  }
  for (const auto& [name, value] : header.secrets()) {
    if (auto status = wire::CheckText("secrets", name, wire::kMaxNameBytes); !status.ok()) return status;
    if (auto status = wire::CheckText("secrets", value, wire::kMaxValueBytes); !status.ok()) return status;
  }
  return wire::CheckCount("secrets", static_cast<int>(header.secrets().size()), kMaxSecrets);
}

absl::StatusOr<absl::Duration> Within(const char* field, absl::Duration duration, absl::Duration most) {
  if (duration >= absl::ZeroDuration() && duration <= most) return duration;
  return absl::InvalidArgumentError(
      fmt::format("{}: expected at most {}, found {}", field, DurationText(most), DurationText(duration)));
}

// Everything that is wrong, as a person who wrote it wants to see it.
absl::Status Refusal(const std::vector<Diagnostic>& diagnostics, const SourceFiles& files) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != Diagnostic::Severity::kError) continue;
    if (!text.empty()) text += '\n';
    text += diagnostic.range.file.empty() ? diagnostic.message : RenderDiagnostic(diagnostic, files);
  }
  return absl::InvalidArgumentError(text);
}

std::vector<std::string> RegionsOf(const Plan& plan) {
  std::vector<std::string> terms;
  for (const auto& suite : plan.suites) {
    // A suite that names none asks for every region.
    if (suite->regions.include.empty()) return {};
    for (const std::string& term : suite->regions.include) {
      if (std::ranges::find(terms, term) == terms.end()) terms.push_back(term);
    }
  }
  return terms;
}

std::optional<std::uint32_t> RequireOf(const Plan& plan) {
  std::optional<std::uint32_t> most;
  for (const auto& suite : plan.suites) {
    if (!suite->regions.require) return std::nullopt;
    most = std::max(most.value_or(0), *suite->regions.require);
  }
  return most;
}

// What nobody wrote is no longer than the fleet allows.
absl::Duration DeadlineOf(const Plan& plan, const std::optional<absl::Duration>& run_duration) {
  const absl::Duration usual = JobSpec().deadline;
  const absl::Duration fallback = std::min(usual, run_duration.value_or(usual));
  absl::Duration longest = absl::ZeroDuration();
  for (const auto& suite : plan.suites) longest = std::max(longest, suite->deadline.value_or(fallback));
  return longest == absl::ZeroDuration() ? fallback : longest;
}

// As long as a shard may take if its cases run one after the other, each try to its deadline, with what is done around
// them. Whoever takes longer has lost his way, however faithfully he renews his lease.
absl::Duration AttemptLimitOf(const Plan& plan) {
  constexpr absl::Duration kAroundATry = absl::Seconds(15);
  absl::Duration limit = absl::Minutes(1);
  for (const PlannedCase& planned : plan.cases) {
    const Defaults& usual = planned.suite->defaults;
    const absl::Duration session = planned.scenario == nullptr ? usual.deadline : planned.scenario->deadline;
    const std::uint32_t tries = planned.scenario == nullptr ? 1 : planned.scenario->retries + 1;
    limit += (session + kAroundATry) * tries;
  }
  return limit;
}

absl::Status TakePlacement(const v1::SubmitHeader& header, const Plan& plan, const RunRules& rules, JobSpec& spec) {
  spec.from.assign(header.from().begin(), header.from().end());
  if (spec.from.empty()) spec.from = RegionsOf(plan);
  spec.every_agent = header.every_agent();
  if (!header.has_require()) {
    spec.require = RequireOf(plan);
  } else if (header.require().rule_case() == v1::Require::kAtLeast) {
    if (header.require().at_least() == 0) return absl::InvalidArgumentError("require: expected at least 1, found 0");
    spec.require = header.require().at_least();
  }
  if (header.has_agents_wait()) {
    auto wait = Within("agents_wait", wire::FromWire(header.agents_wait()), kMaxAgentsWait);
    if (!wait.ok()) return wait.status();
    spec.agents_wait = *wait;
  }
  auto deadline = Within(
      "deadline", header.has_deadline() ? wire::FromWire(header.deadline()) : DeadlineOf(plan, rules.run_duration),
      kMaxDeadline);
  if (!deadline.ok()) return deadline.status();
  if (*deadline == absl::ZeroDuration()) return absl::InvalidArgumentError("deadline: expected more than 0s");
  spec.deadline = *deadline;
  return absl::OkStatus();
}

// The largest assignment of this job: every case but the last is finished.
absl::Status CheckAssignmentFits(const JobSpec& spec, const GivenSecrets& secrets) {
  fleet::SendAssignment assignment;
  assignment.lease.shard.job = NewJobId();
  assignment.spec = std::make_shared<const JobSpec>(spec);
  assignment.finished_cases = spec.cases;
  const std::size_t bytes = ToMessage(assignment, SessionTimes{}, secrets).ByteSizeLong();
  // Numbers that are not known yet are longer than zeros, and the policy and the shares are those of when it is sent.
  constexpr std::size_t kMaxBytes = wire::kMaxMessageBytes - FleetPolicy::kMaxBytes - 4096;
  if (bytes <= kMaxBytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("the case ids, variables and secrets of this run take {} bytes, the limit is {}; select fewer cases",
                  bytes, kMaxBytes));
}

absl::Status CheckTargets(const Plan& plan, const Variables& variables, const RunRules& rules) {
  absl::Status status = CheckPlanTargets(plan, variables, rules.policy, rules.whose);
  // What no policy allows names none.
  const bool by_policy = ToStd(status.message()).find(rules.whose) != std::string_view::npos;
  if (!absl::IsPermissionDenied(status) || !by_policy) return status;
  return absl::PermissionDeniedError(
      fmt::format("{}; `wsfleet fleet policy` shows it, and an admin changes it with `wsfleet fleet policy set`",
                  ToStd(status.message())));
}

}  // namespace

absl::StatusOr<Submission> PrepareSubmission(const v1::SubmitHeader& header, const std::string& canonical,
                                             const SecretOwner& owner, const SecretBox& secrets,
                                             const RunRules& rules) {
  if (auto status = CheckHeader(header, canonical); !status.ok()) return status;
  const auto bundle = wire::ParseCanonicalForm(canonical);
  if (!bundle.ok()) return bundle.status();
  auto selection = wire::FromWire(header.selection());
  if (!selection.ok()) return selection.status();
  auto variables = wire::FromWire(header.variables());
  if (!variables.ok()) return variables.status();
  const ResolveResult resolved = Resolve(*bundle, *selection, *variables);
  if (resolved.plan == nullptr) return Refusal(resolved.diagnostics, bundle->files);
  if (auto status = CheckTargets(*resolved.plan, *variables, rules); !status.ok()) return status;

  Submission submission;
  JobSpec& spec = submission.spec;
  spec.key = RunKey(header.run_key());
  spec.bundle = BundleDigest(header.bundle().digest());
  spec.bundle_bytes = canonical.size();
  spec.selection = *std::move(selection);
  spec.variables = *std::move(variables);
  spec.detached = header.detached();
  spec.submitter = header.submitter();
  spec.command = header.command();
  for (const auto& suite : resolved.plan->suites) {
    spec.suites.push_back(suite->name);
    spec.server_logs = spec.server_logs || ServerLogs::AreWantedBy(*suite);
  }
  for (const PlannedCase& planned : resolved.plan->cases) {
    if (auto status = wire::CheckKey("case id", planned.id.value(), wire::kMaxTextBytes); !status.ok()) return status;
    spec.cases.push_back(planned.id);
  }
  spec.language_minor = resolved.plan->language_minor;
  spec.needs = NeedsOf(*resolved.plan, spec.variables);
  if (auto status = TakePlacement(header, *resolved.plan, rules, spec); !status.ok()) return status;
  // Beyond the run's own deadline it would say nothing.
  if (const absl::Duration limit = AttemptLimitOf(*resolved.plan); limit < spec.deadline) spec.attempt_limit = limit;

  GivenSecrets values;
  for (const std::string& name : resolved.plan->secrets) {
    const auto given = header.secrets().find(name);
    if (given == header.secrets().end()) {
      spec.secrets_of_fleet.push_back(name);
    } else {
      values[name].value = Secret(given->second);
    }
  }
  if (auto status = CheckAssignmentFits(spec, values); !status.ok()) return status;
  auto sealed = secrets.Seal(owner, values);
  if (!sealed.ok()) return sealed.status();
  spec.sealed_secrets = *std::move(sealed);
  for (const Diagnostic& warning : resolved.plan->warnings) {
    submission.warnings.push_back(
        warning.range.file.empty() ? warning.message : fmt::format("{}: {}", ToString(warning.range), warning.message));
  }
  return submission;
}

std::vector<std::string> WarningsOfSecrets(const JobSpec& spec, const FleetName& fleet, const FleetSecrets& kept) {
  std::vector<std::string> warnings;
  const KeptSecrets known = kept.ReadNow(fleet, spec.secrets_of_fleet);
  for (const std::string& name : spec.secrets_of_fleet) {
    if (known.values.contains(name)) continue;
    const bool unread = std::ranges::find(known.unread, name) != known.unread.end();
    warnings.push_back(fmt::format(
        "secret {} was not given, and this coordinator {}: what requires it is skipped by agents that keep none{}; {}",
        name,
        unread ? fmt::format("keeps it for fleet {} but could not read it, as its log says", fleet.value())
               : fmt::format("keeps none of that name for fleet {}", fleet.value()),
        unread ? "" : " either", HowToGive(name, !spec.schedule.empty())));
  }
  return warnings;
}

absl::StatusOr<RunRules> RulesOf(const Backend& backend, const FleetName& fleet) {
  auto record = backend.PolicyOf(fleet);
  if (!record.ok()) return record.status();
  return RunRules{std::move(record->policy.targets), fmt::format("the policy of fleet {}", fleet.value()),
                  record->policy.limits.run_duration};
}

JobId NewJobId() {
  std::uint64_t random = 0;
  // OpenSSL aborts start-up rather than to be without random numbers; and a clash is refused by the store.
  RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof random);
  return JobIdOf(random);
}

}  // namespace wsfleet::coordinator
