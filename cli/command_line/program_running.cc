#include <tuple>

#include "cli/command_line/explain.h"
#include "cli/command_line/program.h"

// What runs, and what became of it.
namespace wsfleet::cli {

void Program::AddFromFlag(CLI::App& app) {
  app.add_option("--from", run_.plan.from, "Region terms such as eu-*,us-east+arm64, or agents")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->expected(1)
      ->allow_extra_args(false);
}

void Program::AddPlanFlags(CLI::App& app) {
  PlanFlags& plan = run_.plan;
  AddFromFlag(app);
  for (const auto& [flag, list, text] :
       {std::tuple{"--var", &plan.vars, "name=value, over the suite's; repeatable"},
        {"--secret", &plan.secrets, "NAME, NAME=env:VARIABLE or NAME=file:PATH; repeatable"},
        {"--tag", &plan.tags, "Only scenarios with this tag; repeatable"}}) {
    app.add_option(flag, *list, text)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false);
  }
  app.add_option("--env-file", plan.env_file, "File of NAME=value lines, over the environment");
  app.add_option("--grep", plan.grep,
                 "Only cases whose name matches this expression (RE2): \"scenario\", \"scenario [k=v]\" or "
                 "\"suite/scenario [k=v]\"");
  NumberIn(*app.add_option("--priority", plan.max_priority, "Only tiers up to this one"), 1, 9);
  NumberIn(*app.add_option("--repeat", plan.repeat, "Run each case so often"), 1, 1000);
}

void Program::AddRunFlags(CLI::App& app) {
  app.add_option("--require", run_.require, "How many regions must pass: all, any or a number");
  app.add_option("--agents", run_.agents, "For each term (without --from: each region): one, or all that are connected")
      ->check(CLI::IsMember({"one", "all"}).description(""))
      ->default_str("one");
  app.add_option("--agents-wait", run_.agents_wait, "How long to wait for an agent in each region")->default_str("30s");
  app.add_option("--timeout", run_.timeout, "Deadline of the run, from its first lease on (exit 124)");
  app.add_option("--run-key", run_.run_key, "Attach to the run of this key, or begin it");
  AddReportFlag(app, run_.reports);
  AddSummaryFlag(app, run_.summary);
  app.add_flag("--local", run_.local, "A fleet on this machine, for this run");
  app.add_flag("--detach", run_.detach, "Print the run's id and leave");
}

void Program::AddReportFlag(CLI::App& app, std::vector<std::string>& reports) {
  app.add_option("--report", reports, "junit=FILE, ctrf=FILE, json=FILE, html=FILE, md=FILE; - is stdout; repeatable")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

void Program::AddSummaryFlag(CLI::App& app, std::string& summary) {
  OneOf(*app.add_option("--summary", summary, "compact, full or none")->default_str("full"),
        {"compact", "full", "none"});
}

void Program::AddRunning() {
  CLI::App* run = AddCommand(app_, "run", "Run suites from every region and wait for the verdict",
                             [this] { return RunCommand(invocation_, run_); });
  run->add_option("suites", run_.plan.paths, "Suites or folders")->required();
  AddPlanFlags(*run);
  AddRunFlags(*run);
  for (const char* flag : {"--baseline", "--revision", "--fail-on"}) AddLaterFlag(*run, flag);
  CLI::App* probe = AddCommand(app_, "probe", "Connect once from each region and show what happens",
                               [this] { return ProbeCommand(invocation_, url_, run_); });
  probe->add_option("url", url_, "ws:// or wss:// URL")->required();
  AddFromFlag(*probe);
  NumberIn(*probe->add_option("--repeat", run_.plan.repeat, "Connect so often from each region"), 1, 1000);
  AddRunFlags(*probe);
}

void Program::AddRuns() {
  CLI::App* runs = AddCommand(app_, "runs", "Runs of the fleet", nullptr);
  runs->require_subcommand(1);
  CLI::App* list =
      AddCommand(*runs, "list", "The newest runs", [this] { return RunsListCommand(invocation_, limit_); });
  NumberIn(*list->add_option("--limit", limit_, "At most so many")->default_str("50"), 1, 10'000);
  const auto add = [&](const char* name, const char* text, std::function<int()> action) {
    CLI::App* command = AddCommand(*runs, name, text, std::move(action));
    command->add_option("run", job_, "Id of the run")->required();
    return command;
  };
  add("get", "One run with its results", [this] { return RunsGetCommand(invocation_, job_); });
  add("watch", "Follow a run to its end; its verdict is the exit code",
      [this] { return RunsWatchCommand(invocation_, job_); });
  add("wait", "Wait for a run's end in silence; its verdict is the exit code",
      [this] { return RunsWaitCommand(invocation_, job_); });
  add("logs", "What happened in a run, a line each", [this] {
    return RunsLogsCommand(invocation_, job_, follow_);
  })->add_flag("-f,--follow", follow_, "Until the run ends");
  add("cancel", "Cancel a run", [this] { return RunsCancelCommand(invocation_, job_); });
  AddStoredRuns(*runs);
  AddLater(*runs, "diff");
}

void Program::AddStoredRuns(CLI::App& runs) {
  CLI::App* report = AddCommand(runs, "report", "Write reports of a run that has ended",
                                [this] { return RunsReportCommand(invocation_, job_, saved_, run_.reports); });
  report->add_option("run", job_, "Id of the run");
  report->add_option("--from", saved_, "A JSON report in place of a run of the fleet");
  AddReportFlag(*report, run_.reports);
  report->get_option("--report")->required();
  CLI::App* trace = AddCommand(runs, "trace", "What went over the wire in the cases that did not pass",
                               [this] { return RunsTraceCommand(invocation_, job_, case_, region_); });
  trace->add_option("run", job_, "Id of the run")->required();
  trace->add_option("case", case_, "Only this case, whatever became of it");
  trace->add_option("--region", region_, "Only regions such as eu-*");
  CLI::App* rerun =
      AddCommand(runs, "rerun", "Run again what a run ran, with the same files, variables, regions and selection",
                 [this] { return RunsRerunCommand(invocation_, job_, rerun_); });
  rerun->add_option("run", job_, "Id of the run")->required();
  rerun->add_flag("--failed", rerun_.failed, "Only cases that failed or are inconclusive in any region");
  rerun->add_option("--secret", rerun_.secrets, "NAME, NAME=env:VARIABLE or NAME=file:PATH; repeatable")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  AddReportFlag(*rerun, rerun_.reports);
  AddSummaryFlag(*rerun, rerun_.summary);
  rerun->add_flag("--detach", rerun_.detach, "Print the run's id and leave");
}

}  // namespace wsfleet::cli
