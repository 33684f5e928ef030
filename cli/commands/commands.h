#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/invocation.h"

// The commands, each of which returns the exit code. program.cc gives them what the command line says. Data goes to
// stdout, everything else to stderr.
namespace wsfleet::cli {

// What `run`, `probe` and `explain` take of a bundle.
struct PlanFlags {
  std::vector<std::string> paths;
  std::vector<std::string> from, vars, secrets, tags;
  std::string grep, env_file;
  std::optional<std::uint32_t> max_priority;
  unsigned repeat = 1;
};

struct RunFlags {
  PlanFlags plan;
  std::vector<std::string> reports;
  std::string require, agents = "one", agents_wait = "30s", run_key, timeout, summary = "full";
  bool local = false, detach = false;
};

// What `runs rerun` takes.
struct RerunFlags {
  std::vector<std::string> secrets, reports;
  std::string summary = "full";
  bool failed = false, detach = false;
};

// What `schedules apply` takes.
struct ApplyFlags {
  std::vector<std::string> files;
  bool dry_run = false, yes = false, prune = false;
};

int RunCommand(Invocation& invocation, const RunFlags& flags);
int ProbeCommand(Invocation& invocation, const std::string& url, const RunFlags& flags);

int ValidateCommand(Invocation& invocation, const std::vector<std::string>& paths);
int ExplainCommand(Invocation& invocation, const PlanFlags& flags);
int NewCommand(Invocation& invocation, const std::string& path);
int SchemaCommand();
// `output`: a file that does not exist yet; empty: stdout.
int ImportHarCommand(Invocation& invocation, const std::string& path, const std::string& output);
// `check`: names the files that would change, and writes nothing. A path of "-" is stdin, written to stdout.
int FormatCommand(Invocation& invocation, const std::vector<std::string>& paths, bool check);

int RunsListCommand(Invocation& invocation, unsigned limit);
int RunsGetCommand(Invocation& invocation, const std::string& job);
int RunsWatchCommand(Invocation& invocation, const std::string& job);
int RunsWaitCommand(Invocation& invocation, const std::string& job);
int RunsLogsCommand(Invocation& invocation, const std::string& job, bool follow);
int RunsCancelCommand(Invocation& invocation, const std::string& job);
// One of `job` and `from` (a JSON report) is empty.
int RunsReportCommand(Invocation& invocation, const std::string& job, const std::string& from,
                      const std::vector<std::string>& reports);
// `case_name`, `region`: empty for all that did not pass.
int RunsTraceCommand(Invocation& invocation, const std::string& job, const std::string& case_name,
                     const std::string& region);
int RunsRerunCommand(Invocation& invocation, const std::string& job, const RerunFlags& flags);

int AgentsListCommand(Invocation& invocation);
int AgentsGetCommand(Invocation& invocation, const std::string& agent);
struct DrainFlags {
  std::vector<std::string> agents;
  std::string region;
  bool undo = false, wait = false;
};
int AgentsDrainCommand(Invocation& invocation, const DrainFlags& flags);

// What `agents join-token create` takes.
struct JoinTokenFlags {
  std::string region, pool, ttl = "1h";
  unsigned uses = 1;
};
int JoinTokenCreateCommand(Invocation& invocation, const JoinTokenFlags& flags);
int JoinTokenListCommand(Invocation& invocation);
int JoinTokenRevokeCommand(Invocation& invocation, const std::string& id);

// What `agents revoke` takes.
struct RevokeFlags {
  std::vector<std::string> agents, pools;
  std::string reason;
  bool undo = false;
};
int AgentsRevokeCommand(Invocation& invocation, const RevokeFlags& flags);
int AgentsRevokedCommand(Invocation& invocation);

int AgentsDoctorCommand(Invocation& invocation);

// Looks at everything between this program and the agents.
int DoctorCommand(Invocation& invocation);

int FleetCreateCommand(Invocation& invocation, const std::string& name);
int FleetListCommand(Invocation& invocation);
// `fleet`: empty for the configured one.
int FleetStopCommand(Invocation& invocation, const std::string& fleet, const std::string& reason);
int FleetResumeCommand(Invocation& invocation, const std::string& fleet);
int FleetPolicyGetCommand(Invocation& invocation);
// `file`: "-" is stdin.
int FleetPolicySetCommand(Invocation& invocation, const std::string& file, bool dry_run);

struct TokenFlags {
  std::string name, role = "viewer", ttl = "90d";
};
int TokensCreateCommand(Invocation& invocation, const TokenFlags& flags);
int TokensListCommand(Invocation& invocation);
int TokensRevokeCommand(Invocation& invocation, const std::string& id_or_name);
struct AuditFlags {
  std::string since;  // empty: from the oldest that is kept
  unsigned limit = 100;
  bool all_fleets = false;
};
int AuditCommand(Invocation& invocation, const AuditFlags& flags);
// With the flags of the connection; `name` of the context, empty: that of the coordinator's host.
int LoginCommand(Invocation& invocation, const std::string& name);

int SchedulesApplyCommand(Invocation& invocation, const ApplyFlags& flags);
int SchedulesListCommand(Invocation& invocation);
int SchedulesGetCommand(Invocation& invocation, const std::string& name);
int SchedulesPauseCommand(Invocation& invocation, const std::string& name, const std::string& reason);
int SchedulesResumeCommand(Invocation& invocation, const std::string& name);
// `run_key`: may be empty.
int SchedulesTriggerCommand(Invocation& invocation, const std::string& name, const std::string& run_key);
int SchedulesDeleteCommand(Invocation& invocation, const std::string& name);

int ContextListCommand(Invocation& invocation);
int ContextUseCommand(Invocation& invocation, const std::string& name);
// With the flags of the connection.
int ContextAddCommand(Invocation& invocation, const std::string& name);
int ContextSetCommand(Invocation& invocation, const std::string& name);
int ContextDeleteCommand(Invocation& invocation, const std::string& name);

// `state`: a folder to keep, or empty.
int DevCommand(Invocation& invocation, const std::string& state);
int VersionCommand(Invocation& invocation);

}  // namespace wsfleet::cli
