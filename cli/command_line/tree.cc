#include "cli/command_line/tree.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_split.h"

namespace wsfleet::cli {
namespace {

constexpr std::string_view kLater = "(not in this version)";

TreeFlag Describe(const CLI::Option& option) {
  TreeFlag flag;
  for (const std::string& name : option.get_snames()) flag.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) flag.names.push_back("--" + name);
  if (option.get_positional()) flag.names.push_back(option.get_single_name());
  if (option.get_items_expected_max() > 0) flag.value = option.get_type_name();
  if (flag.value.find('|') != std::string::npos) flag.words = absl::StrSplit(flag.value, '|');
  flag.description = option.get_description();
  flag.default_value = option.get_default_str();
  flag.variable = option.get_envname();
  flag.required = option.get_required();
  return flag;
}

void Flatten(const CLI::App& app, const std::vector<std::string>& path, std::vector<TreeCommand>& out) {
  TreeCommand command;
  command.path = path;
  command.description = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_description() == kLater) continue;
    (option->get_positional() ? command.arguments : command.flags).push_back(Describe(*option));
  }
  const auto children = app.get_subcommands([](const CLI::App* child) { return child->get_description() != kLater; });
  for (const CLI::App* child : children) command.commands.push_back(child->get_name());
  out.push_back(std::move(command));
  for (const CLI::App* child : children) {
    std::vector<std::string> below = path;
    below.push_back(child->get_name());
    Flatten(*child, below, out);
  }
}

}  // namespace

std::vector<TreeCommand> FlattenTree(const CLI::App& tree) {
  std::vector<TreeCommand> commands;
  Flatten(tree, {}, commands);
  return commands;
}

}  // namespace wsfleet::cli
