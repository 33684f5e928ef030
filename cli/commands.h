#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/interrupt.h"

// The commands of ux.md, each returning an exit code. main.cc gives them what the command line says.
namespace wsfleet::cli {

struct RunFlags {
  std::vector<std::string> paths;
  std::vector<std::string> from, vars, secrets, tags, reports;
  std::string require, agents_wait = "30s", grep, run_key, timeout, summary = "full";
  std::string env_file;
  std::optional<unsigned> max_priority;
  unsigned repeat = 1;
  bool local = false, detach = false, quiet = false, no_color = false, follow = false;
  std::string command_line;
};

int RunCommand(const RunFlags& flags, Interrupt& interrupt);
int ProbeCommand(const std::string& url, const RunFlags& flags, Interrupt& interrupt);
int ValidateCommand(const std::vector<std::string>& paths);
int ExplainCommand(const RunFlags& flags);
int NewCommand(const std::string& path);
int SchemaCommand();
int DevCommand(const std::string& state, Interrupt& interrupt);

int RunsListCommand(const std::string& output);
int RunsGetCommand(const std::string& job, const std::string& output);
int RunsWatchCommand(const std::string& job, bool quiet, Interrupt& interrupt);
int RunsCancelCommand(const std::string& job);
int AgentsListCommand(const std::string& output);

}  // namespace wsfleet::cli
