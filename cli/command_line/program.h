#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "cli/commands/commands.h"
#include "cli/invocation.h"

namespace wsfleet::cli {

// The command line of `wsfleet`: every command and flag stands here once; completion and docs/reference/cli.md are made
// from the same tree.
class Program {
 public:
  explicit Program(Interrupt& interrupt);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The exit code.
  int Main(int argc, char** argv);

  const CLI::App& tree() const { return app_; }

 private:
  // As Main, whether or not stdout took what was written.
  int Execute(int argc, char** argv);
  // As `wsfleet COMMAND… --help`.
  int Help(const std::vector<std::string>& command);
  void AddGlobalFlags();
  void AddRunning();
  void AddSuites();
  void AddRuns();
  void AddStoredRuns(CLI::App& runs);
  void AddAgents();
  void AddAgentIdentities(CLI::App& agents);
  void AddFleet();
  void AddFleetPolicy(CLI::App& fleet);
  void AddSchedules();
  void AddAccess();
  void AddOthers();
  CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& description,
                       std::function<int()> action);
  void AddFromFlag(CLI::App& app);
  void AddPlanFlags(CLI::App& app);
  void AddRunFlags(CLI::App& app);
  // `--report` and `--summary`.
  void AddReportFlag(CLI::App& app, std::vector<std::string>& reports);
  void AddSummaryFlag(CLI::App& app, std::string& summary);
  // Commands and flags that come with later versions.
  void AddLater(CLI::App& parent, const std::string& name);
  void AddLaterFlag(CLI::App& app, const std::string& flag);

  Invocation invocation_;
  CLI::App app_;
  RunFlags run_;
  RerunFlags rerun_;
  DrainFlags drain_;
  JoinTokenFlags join_token_;
  RevokeFlags revoke_;
  ApplyFlags apply_;
  TokenFlags token_;
  AuditFlags audit_;
  std::string url_, path_, job_, case_, region_, saved_, agent_, context_, fleet_, state_, shell_, file_, schedule_,
      reason_, token_id_;
  unsigned limit_ = 50;
  std::vector<std::string> help_of_;
  bool follow_ = false, check_ = false, dry_run_ = false;
  std::string later_;
  std::function<int()> action_;
};

}  // namespace wsfleet::cli
