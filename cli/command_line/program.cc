#include "cli/command_line/program.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/command_line/completion.h"
#include "cli/command_line/explain.h"
#include "core/base/credential_text.h"
#include "core/base/text.h"
#include "core/base/version.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

const std::map<std::string, OutputFormat> kFormats{{"table", OutputFormat::kTable},
                                                   {"wide", OutputFormat::kWide},
                                                   {"json", OutputFormat::kJson},
                                                   {"yaml", OutputFormat::kYaml},
                                                   {"name", OutputFormat::kName}};

constexpr std::size_t kMaxCommandBytes = 4000;

// As a shell would take it again; reports keep it.
std::string Quoted(std::string_view argument) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,@%+";
  if (!argument.empty() && argument.find_first_not_of(kPlain) == std::string_view::npos) return std::string(argument);
  std::string quoted = "'";
  for (const char c : argument) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string CommandLine(int argc, char** argv) {
  std::string line = "wsfleet";
  for (int i = 1; i < argc; ++i) {
    const bool variable = std::string_view(argv[i - 1]) == "--var" || std::string_view(argv[i]).starts_with("--var=");
    line += " " + Quoted(variable ? WithoutCredentials(argv[i]) : WithoutUrlCredentials(argv[i]));
  }
  // Protobuf takes UTF-8 only.
  return Excerpt(IsValidUtf8(line) ? line : Printable(line), kMaxCommandBytes);
}

// What the program ends with when stdout took less than `code` stands for.
int CodeOfLostOutput(int code, int error) {
  // Whoever closes a pipe has read enough.
  if (error != EPIPE) PrintError(fmt::format("stdout could not be written{}", ReasonText(error)));
  if (code != kPassedCode) return code;
  // Data that did not arrive must not look like a pass.
  return error == EPIPE ? kBrokenPipeCode : kInconclusiveCode;
}

// The last line of every command's help.
std::string CommonFlags(const CLI::App& program) {
  std::string flags;
  for (const CLI::Option* option : program.get_options()) {
    const std::string name =
        option->get_snames().empty() ? "--" + option->get_lnames().front() : "-" + option->get_snames().front();
    if (name == "-h" || name == "--version") continue;
    flags += (flags.empty() ? "" : ", ") + name;
  }
  return fmt::format("Of every command: {} (`{} --help` explains them)", flags, program.get_name());
}

// The first of these words that is no command below the one before it; --help would pass over it.
std::string FirstUnknown(const CLI::App& program, const std::vector<std::string>& command) {
  const CLI::App* app = &program;
  for (const std::string& word : command) {
    const auto below = app->get_subcommands([&](const CLI::App* child) { return child->get_name() == word; });
    if (below.empty()) return word;
    app = below.front();
  }
  return {};
}

}  // namespace

Program::Program(Interrupt& interrupt)
    : invocation_(interrupt),
      app_("Tells from every region whether a WebSocket service works, and if not, where it breaks.", "wsfleet") {
  app_.set_version_flag("--version", std::string("wsfleet ") + kVersion, "Print the version");
  app_.require_subcommand(1);
  AddGlobalFlags();
  AddRunning();
  AddSuites();
  AddRuns();
  AddAgents();
  AddFleet();
  AddSchedules();
  AddAccess();
  AddOthers();
}

int Program::Main(int argc, char** argv) {
  int code = kInconclusiveCode;
  try {
    code = Execute(argc, argv);
  } catch (const std::system_error& error) {
    // fmt says so when a stream takes no more.
    if (std::ferror(stdout) != 0) return CodeOfLostOutput(kPassedCode, error.code().value());
    PrintError(error.what());
    return kInconclusiveCode;
  }
  errno = 0;
  const bool arrived = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  return arrived ? code : CodeOfLostOutput(code, errno != 0 ? errno : LostOutput());
}

int Program::Execute(int argc, char** argv) {
  invocation_.command_line = CommandLine(argc, argv);
  try {
    app_.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app_.exit(help) == 0 ? kPassedCode : kUsageCode;
  } catch (const CLI::ParseError& error) {
    // A flag of a later version says so whatever else is wrong with the line.
    if (later_.empty()) {
      PrintError(Explain(app_, error, argc, argv));
      return kUsageCode;
    }
  }
  if (!later_.empty()) {
    PrintError(fmt::format("\"{}\" is not in this version", later_));
    return kUsageCode;
  }
  return action_ ? action_() : static_cast<int>(kUsageCode);
}

int Program::Help(const std::vector<std::string>& command) {
  std::vector<std::string> words{app_.get_name()};
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> line;
  for (std::string& word : words) line.push_back(word.data());
  if (const std::string unknown = FirstUnknown(app_, command); !unknown.empty()) {
    const CLI::ExtrasError error({unknown});
    PrintError(Explain(app_, error, static_cast<int>(line.size()), line.data()));
    return kUsageCode;
  }
  std::string help = "--help";
  line.push_back(help.data());
  return Execute(static_cast<int>(line.size()), line.data());
}

CLI::App* Program::AddCommand(CLI::App& parent, const std::string& name, const std::string& description,
                              std::function<int()> action) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->fallthrough();
  command->footer(CommonFlags(app_));
  if (action) command->callback([this, action = std::move(action)] { action_ = action; });
  return command;
}

void Program::AddLater(CLI::App& parent, const std::string& name) {
  CLI::App* command = parent.add_subcommand(name, "(not in this version)");
  command->fallthrough(false);
  command->allow_extras();
  command->prefix_command();
  command->callback([this, name] { later_ = name; });
}

void Program::AddLaterFlag(CLI::App& app, const std::string& flag) {
  app.add_option(flag, "(not in this version)")->expected(0, 1)->each([this, flag](const std::string&) {
    later_ = flag;
  });
}

void Program::AddGlobalFlags() {
  CLI::Option* output = app_.add_option_function<std::string>(
      "-o,--output", [this](const std::string& name) { invocation_.output = kFormats.at(name); },
      "table, wide, json, yaml or name");
  output->default_str("table");
  OneOf(*output, {"table", "wide", "json", "yaml", "name"});
  app_.add_option("--context", invocation_.connection.context, "Context of wsfleet.yaml or of your configuration");
  app_.add_option("--coordinator", invocation_.connection.coordinator,
                  "Client listener of the coordinator, host:port; several, of its replicas, with commas between them");
  app_.add_option("--ca", invocation_.connection.ca_file, "PEM file: authority of the coordinator's certificate");
  app_.add_option("--token-file", invocation_.connection.token_file, "File with the token");
  app_.add_option("--fleet", invocation_.connection.fleet, "Fleet (default: default)");
  app_.add_flag("-q,--quiet", invocation_.quiet, "No progress");
  app_.add_flag("-v,--verbose", invocation_.verbose, "A line for each result");
  app_.add_flag("--no-color", invocation_.no_colour, "No colour, as with NO_COLOR=1");
}

void Program::AddSuites() {
  CLI::App* create = AddCommand(app_, "new", "Write a first suite", [this] { return NewCommand(invocation_, path_); });
  create->add_option("file", path_, "File to write")->default_val("first.wsfleet.yaml");
  CLI::App* validate = AddCommand(app_, "validate", "Check suites; nothing runs",
                                  [this] { return ValidateCommand(invocation_, run_.plan.paths); });
  validate->add_option("suites", run_.plan.paths, "Suites or folders")->required();
  CLI::App* explain = AddCommand(app_, "explain", "Show the resolved plan and who would run it; nothing runs",
                                 [this] { return ExplainCommand(invocation_, run_.plan); });
  explain->add_option("suites", run_.plan.paths, "Suites or folders")->required();
  AddPlanFlags(*explain);
  AddCommand(app_, "schema", "Print the JSON schema of suites, for editors", [] { return SchemaCommand(); });
  CLI::App* format = AddCommand(app_, "fmt", "Write suites in their canonical form; meaning and comments stay",
                                [this] { return FormatCommand(invocation_, run_.plan.paths, check_); });
  format->add_option("suites", run_.plan.paths, "Suites or folders; - is stdin, written to stdout")->required();
  format->add_flag("--check", check_, "Only name the files that would change (exit 1)");
  CLI::App* import = AddCommand(app_, "import", "Make suites of what others recorded", nullptr);
  import->require_subcommand(1);
  CLI::App* har = AddCommand(*import, "har", "A suite of the WebSocket connections that a browser recorded",
                             [this] { return ImportHarCommand(invocation_, path_, file_); });
  har->add_option("file", path_, "HTTP archive: developer tools, Network, \"Save all as HAR with content\"")
      ->required();
  har->add_option("--output", file_, "File to write (default: stdout)");
}

void Program::AddAgents() {
  CLI::App* agents = AddCommand(app_, "agents", "Agents of the fleet", nullptr);
  agents->require_subcommand(1);
  AddCommand(*agents, "list", "All agents with what they work on", [this] { return AgentsListCommand(invocation_); });
  AddCommand(*agents, "get", "One agent", [this] { return AgentsGetCommand(invocation_, agent_); })
      ->add_option("agent", agent_, "Id of the agent")
      ->required();
  CLI::App* drain = AddCommand(*agents, "drain", "Let agents finish what they run and take nothing new, until --undo",
                               [this] { return AgentsDrainCommand(invocation_, drain_); });
  drain->add_option("agents", drain_.agents, "Ids of agents");
  drain->add_option("--region", drain_.region, "Every agent that is known in this region now");
  drain->add_flag("--undo", drain_.undo, "They take work again");
  drain->add_flag("--wait", drain_.wait, "Until they work on nothing any more");
  AddCommand(*agents, "doctor", "What is not well with agents, and what to do about it",
             [this] { return AgentsDoctorCommand(invocation_); });
  AddAgentIdentities(*agents);
}

void Program::AddFleet() {
  CLI::App* fleet = AddCommand(app_, "fleet", "Fleets: agents, runs and limits of their own", nullptr);
  fleet->require_subcommand(1);
  AddCommand(*fleet, "create", "A fleet without agents", [this] { return FleetCreateCommand(invocation_, fleet_); })
      ->add_option("name", fleet_, "1 to 128 letters, digits, '.', '_' or '-'")
      ->required();
  AddCommand(*fleet, "list", "All fleets, and which coordinator runs each",
             [this] { return FleetListCommand(invocation_); });
  CLI::App* stop = AddCommand(*fleet, "stop", "The kill switch: everything that runs ends, nothing begins until resume",
                              [this] { return FleetStopCommand(invocation_, fleet_, reason_); });
  stop->add_option("fleet", fleet_, "Which; without it the configured one");
  stop->add_option("--reason", reason_, "Why, for everybody who finds it stopped")->required();
  AddCommand(*fleet, "resume", "Runs may begin again", [this] {
    return FleetResumeCommand(invocation_, fleet_);
  })->add_option("fleet", fleet_, "Which; without it the configured one");
  AddFleetPolicy(*fleet);
  for (const char* later : {"baseline", "gate"}) AddLater(app_, later);
}

void Program::AddSchedules() {
  CLI::App* schedules = AddCommand(app_, "schedules", "Runs at given times", nullptr);
  schedules->require_subcommand(1);
  CLI::App* apply =
      AddCommand(*schedules, "apply", "Create and change schedules as files say; shows the difference first",
                 [this] { return SchedulesApplyCommand(invocation_, apply_); });
  apply->add_option("-f,--file", apply_.files, "File of schedules; - is stdin; repeatable")
      ->required()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  apply->add_flag("--dry-run", apply_.dry_run, "Only show the difference");
  apply->add_flag("--yes", apply_.yes, "Do not ask");
  apply->add_flag("--prune", apply_.prune, "Delete the fleet's schedules that no file has");
  AddCommand(*schedules, "list", "All schedules with their next and last runs",
             [this] { return SchedulesListCommand(invocation_); });
  const auto add = [&](const char* name, const char* text, std::function<int()> action) {
    CLI::App* command = AddCommand(*schedules, name, text, std::move(action));
    command->add_option("schedule", schedule_, "Name of the schedule")->required();
    return command;
  };
  add("get", "One schedule: what it runs, the next times, what became of the last ones",
      [this] { return SchedulesGetCommand(invocation_, schedule_); });
  add("pause", "No runs until it is resumed", [this] {
    return SchedulesPauseCommand(invocation_, schedule_, reason_);
  })->add_option("--reason", reason_, "For people");
  add("resume", "Runs again, from the next time on", [this] { return SchedulesResumeCommand(invocation_, schedule_); });
  add("trigger", "Run it now and print the run's id", [this] {
    return SchedulesTriggerCommand(invocation_, schedule_, run_.run_key);
  })->add_option("--run-key", run_.run_key, "Attach to the run of this key, or begin it");
  add("delete", "Delete it with its secrets and what is known of its times; its runs stay",
      [this] { return SchedulesDeleteCommand(invocation_, schedule_); });
}

void Program::AddOthers() {
  CLI::App* context = AddCommand(app_, "context", "Coordinators that are known by a name", nullptr);
  context->require_subcommand(1);
  AddCommand(*context, "list", "All contexts", [this] { return ContextListCommand(invocation_); });
  const auto add = [&](const char* name, const char* text, int (*command)(Invocation&, const std::string&)) {
    AddCommand(*context, name, text, [this, command] { return command(invocation_, context_); })
        ->add_option("name", context_, "Name of the context")
        ->required();
  };
  add("use", "Make a context the current one", &ContextUseCommand);
  add("add", "Add a context to your configuration, with what --coordinator, --ca, --token-file and --fleet say",
      &ContextAddCommand);
  add("set", "Change a context of your configuration: what is given of --coordinator, --ca, --token-file and --fleet",
      &ContextSetCommand);
  add("delete", "Delete a context of your configuration, and the copies that login keeps for it",
      &ContextDeleteCommand);
  CLI::App* dev = AddCommand(app_, "dev", "A fleet on this machine to try things on: three regions and a demo target",
                             [this] { return DevCommand(invocation_, state_); });
  dev->add_option("--state", state_, "Folder to keep the state in (default: nothing is kept)");
  CLI::App* completion = AddCommand(app_, "completion", "Print completion for a shell", [this] {
    fmt::print("{}", RenderCompletion(app_, shell_));
    return static_cast<int>(kPassedCode);
  });
  OneOf(*completion->add_option("shell", shell_, "bash, zsh or fish")->required(), {"bash", "zsh", "fish"});
  AddCommand(app_, "doctor",
             "Check configuration, network, TLS, token, versions, agents and clocks; says what to do next",
             [this] { return DoctorCommand(invocation_); });
  AddCommand(app_, "help", "Show how a command is used, as its --help does", [this] {
    // What it was is parsed anew.
    return Help(std::vector(help_of_));
  })->add_option("command", help_of_, "Which, such as: runs list; without it the program");
  AddCommand(app_, "version", "Print the version", [this] { return VersionCommand(invocation_); });
}

}  // namespace wsfleet::cli
