#include <functional>

#include "CLI/CLI.hpp"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "core/base/version.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

int NotInThisVersion(const std::string& what) {
  fmt::print(stderr, "wsfleet: \"{}\" is not in this version\n", what);
  return kUsageCode;
}

void AddBundleFlags(CLI::App& app, RunFlags& flags) {
  app.add_option("--var", flags.vars, "name=value, over the suite's; repeatable");
  app.add_option("--secret", flags.secrets, "NAME, NAME=env:VARIABLE or NAME=file:PATH; repeatable");
  app.add_option("--env-file", flags.env_file, "File of NAME=value lines, over the environment")
      ->check(CLI::ExistingFile);
  app.add_option("--grep", flags.grep, "Only cases whose name matches this expression (RE2)");
  app.add_option("--tag", flags.tags, "Only scenarios with this tag; repeatable");
  app.add_option("--priority", flags.max_priority, "Only tiers up to this one")->check(CLI::Range(1u, 9u));
  app.add_option("--repeat", flags.repeat, "Run each case so often")->check(CLI::Range(1u, 1000u));
}

void AddRunFlags(CLI::App& app, RunFlags& flags) {
  app.add_option("--from", flags.from, "Region terms such as eu-*,us-east+arm64, or agents");
  app.add_option("--require", flags.require, "How many regions must pass: all, any or a number");
  app.add_option("--agents-wait", flags.agents_wait, "How long to wait for an agent in each region");
  app.add_option("--timeout", flags.timeout, "Deadline of the run");
  app.add_option("--run-key", flags.run_key, "Attach to the run of this key, or begin it");
  app.add_option("--report", flags.reports, "junit=FILE, json=FILE, md=FILE; - is stdout; repeatable");
  app.add_option("--summary", flags.summary, "compact, full or none")
      ->check(CLI::IsMember({"compact", "full", "none"}));
  app.add_flag("--local", flags.local, "A fleet on this machine, for this run");
  app.add_flag("--detach", flags.detach, "Print the run's id and leave");
  app.add_flag("-q,--quiet", flags.quiet, "No progress");
  app.add_flag("--no-color", flags.no_color, "Plain text (it always is in this version)");
}

class Program {
 public:
  Program()
      : app_("Tells from every region whether a WebSocket service works, and if not, where it breaks.", "wsfleet") {
    app_.set_version_flag("--version", std::string("wsfleet ") + kVersion);
    app_.require_subcommand(1);
    AddRun();
    AddFiles();
    AddFleet();
    for (const char* later : {"fmt", "import", "baseline", "gate", "schedules", "tokens", "context", "doctor",
                              "completion", "login", "audit", "fleet"}) {
      AddLater(app_, later);
    }
  }

  int Main(int argc, char** argv) {
    for (int i = 0; i < argc; ++i)
      flags_.command_line += (i == 0 ? "" : " ") + (i == 0 ? std::string("wsfleet") : argv[i]);
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app_.exit(error) == 0 ? kPassedCode : kUsageCode;
    }
    if (!later_.empty()) return NotInThisVersion(later_);
    return action_ ? action_() : kUsageCode;
  }

 private:
  void AddLater(CLI::App& parent, const std::string& name) {
    CLI::App* command = parent.add_subcommand(name, "(not in this version)");
    command->allow_extras();
    command->prefix_command();
    command->callback([this, name] { later_ = name; });
  }

  void AddLaterFlag(CLI::App& app, const std::string& flag) {
    app.add_option_function<std::string>(
        flag, [this, flag](const std::string&) { later_ = flag; }, "(not in this version)");
  }

  void AddRun() {
    CLI::App* run = app_.add_subcommand("run", "Runs suites from every region and waits for the verdict");
    run->add_option("suites", flags_.paths, "Suites or folders")->required();
    AddBundleFlags(*run, flags_);
    AddRunFlags(*run, flags_);
    for (const char* flag : {"--baseline", "--revision", "--fail-on"}) AddLaterFlag(*run, flag);
    run->callback([this] { action_ = [this] { return RunCommand(flags_, interrupt_); }; });

    CLI::App* probe = app_.add_subcommand("probe", "Connects once from each region and shows what happens");
    probe->add_option("url", url_, "ws:// or wss:// URL")->required();
    AddRunFlags(*probe, flags_);
    probe->callback([this] { action_ = [this] { return ProbeCommand(url_, flags_, interrupt_); }; });
  }

  void AddFiles() {
    CLI::App* validate = app_.add_subcommand("validate", "Checks suites; nothing runs");
    validate->add_option("suites", flags_.paths, "Suites or folders")->required();
    validate->callback([this] { action_ = [this] { return ValidateCommand(flags_.paths); }; });
    CLI::App* explain = app_.add_subcommand("explain", "Shows the resolved plan; nothing runs");
    explain->add_option("suites", flags_.paths, "Suites or folders")->required();
    AddBundleFlags(*explain, flags_);
    explain->callback([this] { action_ = [this] { return ExplainCommand(flags_); }; });
    CLI::App* create = app_.add_subcommand("new", "Writes a first suite");
    create->add_option("file", path_, "File to write")->default_val("suite.wsfleet.yaml");
    create->callback([this] { action_ = [this] { return NewCommand(path_); }; });
    app_.add_subcommand("schema", "Prints the JSON schema of suites, for editors")->callback([this] {
      action_ = SchemaCommand;
    });
    app_.add_subcommand("version", "Prints the version")->callback([this] {
      action_ = [] {
        fmt::print("wsfleet {}\n", kVersion);
        return static_cast<int>(kPassedCode);
      };
    });
    CLI::App* dev =
        app_.add_subcommand("dev", "A fleet on this machine to try things on: three regions and a demo target");
    dev->add_option("--state", path_, "Folder to keep the state in");
    dev->callback([this] { action_ = [this] { return DevCommand(path_, interrupt_); }; });
  }

  void AddFleet() {
    CLI::App* runs = app_.add_subcommand("runs", "Runs of the fleet");
    runs->require_subcommand(1);
    CLI::App* list = runs->add_subcommand("list", "The newest runs");
    AddOutput(*list);
    list->callback([this] { action_ = [this] { return RunsListCommand(output_); }; });
    CLI::App* get = runs->add_subcommand("get", "One run with its results");
    get->add_option("run", job_, "Id of the run")->required();
    AddOutput(*get);
    get->callback([this] { action_ = [this] { return RunsGetCommand(job_, output_); }; });
    for (const char* name : {"watch", "wait", "logs"}) {
      CLI::App* watch = runs->add_subcommand(name, "Follows a run to its end; its verdict is the exit code");
      watch->add_option("run", job_, "Id of the run")->required();
      watch->add_flag("-q,--quiet", flags_.quiet, "No progress");
      watch->add_flag("-f,--follow", flags_.follow, "Until the run ends (always so in this version)");
      watch->callback([this] { action_ = [this] { return RunsWatchCommand(job_, flags_.quiet, interrupt_); }; });
    }
    CLI::App* cancel = runs->add_subcommand("cancel", "Cancels a run");
    cancel->add_option("run", job_, "Id of the run")->required();
    cancel->callback([this] { action_ = [this] { return RunsCancelCommand(job_); }; });
    for (const char* later : {"rerun", "diff", "report", "trace"}) AddLater(*runs, later);

    CLI::App* agents = app_.add_subcommand("agents", "Agents of the fleet");
    agents->require_subcommand(1);
    CLI::App* agents_list = agents->add_subcommand("list", "All agents with what they work on");
    AddOutput(*agents_list);
    agents_list->callback([this] { action_ = [this] { return AgentsListCommand(output_); }; });
    for (const char* later : {"get", "drain", "doctor", "join-token"}) AddLater(*agents, later);
  }

  void AddOutput(CLI::App& app) {
    app.add_option("-o,--output", output_, "table, json or name")->check(CLI::IsMember({"table", "json", "name"}));
  }

  Interrupt interrupt_;  // first: before any thread
  CLI::App app_;
  RunFlags flags_;
  std::string url_, path_, job_, output_ = "table", later_;
  std::function<int()> action_;
};

}  // namespace
}  // namespace wsfleet::cli

int main(int argc, char** argv) { return wsfleet::cli::Program().Main(argc, argv); }
