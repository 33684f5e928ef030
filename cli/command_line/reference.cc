#include "cli/command_line/reference.h"

#include "cli/command_line/tree.h"
#include "cli/exit_code.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

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
      "errors to stderr. Flags that are the same everywhere:\n";
  out += Table(commands.front().flags, "flag");
  out += "\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n";
  for (const ExitMeaning& exit : ExitMeanings()) {
    out += fmt::format("| {} | {} |\n", static_cast<int>(exit.code), exit.meaning);
  }
  for (const TreeCommand& command : commands) {
    if (!command.path.empty() && command.commands.empty()) out += Section(command);
  }
  return out;
}

}  // namespace wsfleet::cli
