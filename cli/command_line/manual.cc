#include "cli/command_line/manual.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "cli/command_line/tree.h"
#include "cli/exit_code.h"
#include "core/base/version.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace wsfleet::cli {
namespace {

// A line that roff prints as it is: a hyphen would become another character, a dot at its beginning a request.
std::string Plain(const std::string& text) {
  std::string out = absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}, {"\n", " "}, {"…", "..."}});
  if (!out.empty() && (out.front() == '.' || out.front() == '\'')) out.insert(0, "\\&");
  return out;
}

std::string Bold(const std::string& text) { return fmt::format("\\fB{}\\fR", Plain(text)); }
std::string Italic(const std::string& text) { return fmt::format("\\fI{}\\fR", Plain(text)); }

std::string Head(const std::string& name, int section, const std::string& description) {
  return fmt::format(
      ".\\\" Made from the program's table of options.\n"
      ".TH {} {} \"\" \"wsfleet {}\" \"{}\"\n"
      ".nh\n.ad l\n.SH NAME\n{} \\- {}\n",
      Plain(absl::AsciiStrToUpper(name)), section, kVersion, section == 1 ? "User Commands" : "System Administration",
      Plain(name), Plain(description));
}

std::string Paragraphs(const std::string& text) {
  std::string out;
  for (const auto part : absl::StrSplit(text, "\n\n")) {
    out += fmt::format("{}{}\n", out.empty() ? "" : ".PP\n", Plain(std::string(part)));
  }
  return out;
}

std::string Term(const std::string& term, const std::string& meaning) {
  return fmt::format(".TP\n{}\n{}\n", term, Plain(meaning));
}

// CLI11 has a type, then what is checked: "UINT:UINT in [1 - 1000]".
std::string ValueName(const TreeFlag& flag) {
  const std::string type = flag.value.substr(0, flag.value.find(':'));
  return type == "UINT" || type == "INT" ? "NUMBER" : type;
}

std::string Limits(const TreeFlag& flag) {
  const std::size_t from = flag.value.find(" in [");
  if (from == std::string::npos) return {};
  const std::string inside = flag.value.substr(from + 5, flag.value.find(']', from) - from - 5);
  return fmt::format(" From {}.", absl::StrReplaceAll(inside, {{" - ", " to "}}));
}

std::string Describe(const TreeFlag& flag) {
  std::string text = flag.description + ".";
  if (flag.required) text += " Required.";
  text += Limits(flag);
  if (!flag.default_value.empty()) text += fmt::format(" Default: {}.", flag.default_value);
  if (!flag.variable.empty()) text += fmt::format(" Environment: {}.", flag.variable);
  return text;
}

std::string Flags(const std::vector<TreeFlag>& flags) {
  std::string out;
  for (const TreeFlag& flag : flags) {
    std::string term;
    for (const std::string& name : flag.names) term += (term.empty() ? "" : ", ") + Bold(name);
    if (!flag.value.empty()) term += " " + Italic(ValueName(flag));
    out += Term(term, Describe(flag));
  }
  return out;
}

std::string Arguments(const std::vector<TreeFlag>& arguments) {
  std::string out;
  for (const TreeFlag& argument : arguments) out += Term(Italic(argument.names.front()), Describe(argument));
  return out;
}

std::string Usage(const std::string& program, const TreeCommand& command) {
  std::string usage =
      Bold(command.path.empty() ? program : fmt::format("{} {}", program, fmt::join(command.path, " ")));
  if (!command.flags.empty()) usage += " [" + Italic("flags") + "]";
  for (const TreeFlag& argument : command.arguments) {
    const std::string name = Italic(argument.names.front());
    usage += argument.required ? " " + name : " [" + name + "]";
  }
  return usage;
}

// Every command has --help; who reads a page of it needs to be told once, by wsfleet(1).
std::vector<TreeCommand> TreeOf(const CLI::App& tree) {
  std::vector<TreeCommand> commands = FlattenTree(tree);
  for (TreeCommand& command : commands) {
    if (command.path.empty()) continue;
    std::erase_if(command.flags, [](const TreeFlag& flag) { return flag.names.back() == "--help"; });
  }
  return commands;
}

bool IsBelow(const TreeCommand& command, const std::string& first) {
  return !command.path.empty() && command.path.front() == first && command.commands.empty();
}

std::string SeeAlso(std::vector<std::string> pages) {
  std::ranges::sort(pages);
  for (std::string& page : pages) {
    const std::size_t bracket = page.find('(');
    page = Bold(page.substr(0, bracket)) + page.substr(bracket);
  }
  return fmt::format(".SH SEE ALSO\n{}\n", fmt::join(pages, ",\n"));
}

// Each command of the list with its arguments and flags.
std::string Commands(const std::string& program, const std::vector<const TreeCommand*>& commands) {
  std::string out;
  for (const TreeCommand* command : commands) {
    out += fmt::format(".SS {}\n{}\n{}{}", Plain(fmt::format("{} {}", program, fmt::join(command->path, " "))),
                       Plain(command->description + "."), Arguments(command->arguments), Flags(command->flags));
  }
  return out;
}

std::string Synopsis(const std::string& program, const std::vector<const TreeCommand*>& commands) {
  std::string out = ".SH SYNOPSIS\n";
  for (const TreeCommand* command : commands) {
    out += fmt::format("{}{}\n", command == commands.front() ? "" : ".br\n", Usage(program, *command));
  }
  return out;
}

std::string PageOf(const std::string& command) { return fmt::format("wsfleet-{}(1)", command); }

ManualPage CommandPage(const std::vector<TreeCommand>& tree, const TreeCommand& top) {
  const std::string name = "wsfleet-" + top.path.front();
  std::vector<const TreeCommand*> commands;
  for (const TreeCommand& each : tree) {
    if (IsBelow(each, top.path.front())) commands.push_back(&each);
  }
  std::string text = Head(name, 1, top.description) + Synopsis("wsfleet", commands);
  text += ".SH DESCRIPTION\n" + Plain(top.description + ".") + "\n";
  text += ".PP\nThe flags of " + Bold("wsfleet") + "(1) may stand here too.\n";
  text += ".SH COMMANDS\n" + Commands("wsfleet", commands);
  text += ".SH EXIT STATUS\nAs in " + Bold("wsfleet") + "(1).\n";
  return {name + ".1", text + SeeAlso({"wsfleet(1)"})};
}

std::string WhereTheCoordinatorIs() {
  std::string out = ".SH ENVIRONMENT\n";
  for (const auto& [name, meaning] :
       {std::pair{"WSFLEET_COORDINATOR, WSFLEET_CA, WSFLEET_FLEET, WSFLEET_CONTEXT", "As the flags of these names"},
        {"WSFLEET_TOKEN_FILE, WSFLEET_TOKEN", "A file with the token, or the token itself"},
        {"WSFLEET_CONFIG", "The configuration file, in place of the one below"},
        {"NO_COLOR", "No colour"}}) {
    out += Term(Bold(name), std::string(meaning) + ".");
  }
  out += ".SH FILES\n";
  for (const auto& [name, meaning] :
       {std::pair{"./wsfleet.yaml", "Contexts of a project: where its coordinator is"},
        {"~/.config/wsfleet/config.yaml", "Your own contexts; below XDG_CONFIG_HOME, if that is set"}}) {
    out += Term(Italic(name), std::string(meaning) + ".");
  }
  return out + ".PP\nFlags win over variables, those over ./wsfleet.yaml, that over your own file.\n";
}

ManualPage ProgramPage(const std::vector<TreeCommand>& tree) {
  const TreeCommand& program = tree.front();
  std::string text = Head("wsfleet", 1, "test WebSocket services from many regions");
  text += fmt::format(".SH SYNOPSIS\n{} [{}] {} [{}]\n.SH DESCRIPTION\n{}\n", Bold("wsfleet"), Italic("flags"),
                      Italic("command"), Italic("argument ..."), Plain(program.description));
  text += ".PP\nWithout a coordinator that is configured, " + Bold("wsfleet run") +
          " uses a fleet of its own on this machine.\n.SH COMMANDS\n";
  std::vector<std::string> pages{"wsfleet-agent(8)", "wsfleet-coordinator(8)"};
  for (const TreeCommand& command : tree) {
    if (command.path.size() != 1) continue;
    text += Term(Bold("wsfleet-" + command.path.front()) + "(1)", command.description + ".");
    pages.push_back(PageOf(command.path.front()));
  }
  text += ".SH OPTIONS\n" + Flags(program.flags) + ".SH EXIT STATUS\n";
  for (const ExitMeaning& exit : ExitMeanings()) {
    text += Term(Bold(std::to_string(static_cast<int>(exit.code))), std::string(exit.meaning) + ".");
  }
  return {"wsfleet.1", text + WhereTheCoordinatorIs() + SeeAlso(std::move(pages))};
}

}  // namespace

std::vector<ManualPage> RenderManual(const CLI::App& tree) {
  const std::vector<TreeCommand> commands = TreeOf(tree);
  std::vector<ManualPage> pages{ProgramPage(commands)};
  for (const TreeCommand& command : commands) {
    if (command.path.size() == 1) pages.push_back(CommandPage(commands, command));
  }
  return pages;
}

ManualPage RenderServiceManual(const CLI::App& tree, const ServiceNotes& notes) {
  const std::vector<TreeCommand> commands = TreeOf(tree);
  const TreeCommand& program = commands.front();
  const std::string& name = tree.get_name();
  std::vector<const TreeCommand*> below;
  for (const TreeCommand& command : commands) {
    if (command.commands.empty() && !command.path.empty()) below.push_back(&command);
  }
  std::vector<const TreeCommand*> all = below;
  all.insert(all.begin(), &program);
  std::string summary = program.description;
  if (summary.ends_with('.')) summary.pop_back();
  std::string text = Head(name, 8, summary) + Synopsis(name, all);
  text += ".SH DESCRIPTION\n" + Paragraphs(notes.description) + ".SH OPTIONS\n" + Flags(program.flags);
  if (!below.empty()) text += ".SH COMMANDS\n" + Commands(name, below);
  for (const ServiceNotes::List& list : notes.lists) {
    text += fmt::format(".SH {}\n", list.title);
    for (const auto& [term, meaning] : list.terms) text += Term(Bold(term), meaning);
  }
  return {name + ".8", text + SeeAlso(notes.see_also)};
}

}  // namespace wsfleet::cli
