#include "cli/command_line/reference.h"

#include "cli/command_line/tree.h"
#include "cli/exit_code.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr std::string_view kWhereTheCoordinatorIs =
    "\n## Where the coordinator is\n\n"
    "Flags win over variables (`WSFLEET_COORDINATOR`, `WSFLEET_CA`, `WSFLEET_TOKEN_FILE` or `WSFLEET_TOKEN`, "
    "`WSFLEET_FLEET`,\n"
    "`WSFLEET_CONTEXT`), those over `./wsfleet.yaml`, that over `$XDG_CONFIG_HOME/wsfleet/config.yaml` (`~/.config` "
    "without it; or\n"
    "the file of `WSFLEET_CONFIG`). Paths in a file are relative to it. A `wsfleet.yaml` that comes with a folder may "
    "name a\n"
    "token below that folder only, so that a repository cannot read yours.\n\n"
    "```yaml\n"
    "current: staging\n"
    "contexts:\n"
    "  staging:\n"
    "    coordinator: wsfleet.example.com:7421   # several, with commas between them: replicas\n"
    "    ca: ca.pem                              # left out: the system's authorities\n"
    "    token_file: token                       # readable by you only\n"
    "    fleet: default\n"
    "```\n\n"
    "`wsfleet context add` and `wsfleet login` write such a file, `wsfleet context set` and `wsfleet context delete` "
    "change your own one. `login` keeps\n"
    "copies of authority and token beside it: of these `set` replaces the copy, of every other file it names the "
    "path.\n\n"
    "With none of these, `wsfleet run` and `wsfleet probe` use a fleet of its own on this machine, and say so: on "
    "stderr (with `-q` too), in\n"
    "the summary and in every report. Who names a fleet, a token or an authority means a coordinator: without one that "
    "is "
    "exit code 2, unless\n"
    "`--local` is given. A variable that is set to nothing is not set.\n";

std::string Row(const TreeFlag& flag) {
  std::string names = fmt::format("`{}`", fmt::join(flag.names, "`, `"));
  std::string description = flag.description;
  if (!flag.default_value.empty()) description += fmt::format(" (default: {})", flag.default_value);
  return fmt::format("| {} | {} |\n", names, description);
}

std::string Table(const std::vector<TreeFlag>& flags, std::string_view title) {
  if (flags.empty()) return {};
  std::string out = fmt::format("\n| {} | |\n| --- | --- |\n", title);
  for (const TreeFlag& flag : flags) out += Row(flag);
  return out;
}

std::string Section(const TreeCommand& command) {
  std::string usage = fmt::format("wsfleet {}", fmt::join(command.path, " "));
  for (const TreeFlag& argument : command.arguments) usage += fmt::format(" {}", argument.names.front());
  std::vector<TreeFlag> flags = command.flags;
  std::erase_if(flags, [](const TreeFlag& flag) { return flag.names.back() == "--help"; });
  return fmt::format("\n## `{}`\n\n{}.\n{}{}", usage, command.description, Table(command.arguments, "argument"),
                     Table(flags, "flag"));
}

}  // namespace

std::string RenderReference(const CLI::App& tree) {
  const std::vector<TreeCommand> commands = FlattenTree(tree);
  std::string out =
      "# The command line\n\n"
      "Made from the program itself (`cli/command_line`); a test compares the two. Data goes to stdout, progress and\n"
      "errors to stderr. [language.md](language.md) has the suites, [schedules.md](schedules.md) what `schedules "
      "apply` reads.\n"
      "Flags that are the same everywhere:\n";
  out += Table(commands.front().flags, "flag");
  out += "\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n";
  for (const ExitMeaning& exit : ExitMeanings()) {
    out += fmt::format("| {} | {} |\n", static_cast<int>(exit.code), exit.meaning);
  }
  out += kWhereTheCoordinatorIs;
  for (const TreeCommand& command : commands) {
    if (!command.path.empty() && command.commands.empty()) out += Section(command);
  }
  return out;
}

}  // namespace wsfleet::cli
