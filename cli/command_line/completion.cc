#include "cli/command_line/completion.h"

#include <algorithm>
#include <vector>

#include "cli/command_line/tree.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

std::string Join(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

// What may follow a command: the names below it, its flags, and the program's flags.
std::vector<std::string> Words(const TreeCommand& command, const TreeCommand& program) {
  std::vector<std::string> words = command.commands;
  for (const TreeFlag& flag : command.flags) words.insert(words.end(), flag.names.begin(), flag.names.end());
  if (!command.path.empty()) {
    for (const TreeFlag& flag : program.flags) {
      for (const std::string& name : flag.names) {
        if (std::ranges::find(words, name) == words.end()) words.push_back(name);
      }
    }
  }
  return words;
}

// The body that bash and zsh share: from the words before the cursor to `candidates`.
std::string PathCases(const std::vector<TreeCommand>& tree, const std::string& indent) {
  std::string known, words;
  for (const TreeCommand& command : tree) {
    if (!command.path.empty()) known += fmt::format("{}\" {}\"", known.empty() ? "" : "|", Join(command.path));
    words += fmt::format("{}  \"{}{}\") candidates=\"{}\" ;;\n", indent, command.path.empty() ? "" : " ",
                         Join(command.path), Join(Words(command, tree.front())));
  }
  return fmt::format(
      "{0}for word in \"${{before[@]}}\"; do\n"
      "{0}  case \"$path $word\" in\n"
      "{0}    {1}) path=\"$path $word\" ;;\n"
      "{0}  esac\n"
      "{0}done\n"
      "{0}case \"$path\" in\n"
      "{2}"
      "{0}esac\n",
      indent, known, words);
}

std::string Bash(const std::vector<TreeCommand>& tree) {
  return fmt::format(
      "# bash completion for wsfleet: source <(wsfleet completion bash)\n"
      "_wsfleet() {{\n"
      "  local path=\"\" candidates=\"\" word\n"
      "  local before=(\"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\")\n"
      "{}"
      "  COMPREPLY=($(compgen -W \"$candidates\" -- \"${{COMP_WORDS[COMP_CWORD]}}\"))\n"
      "}}\n"
      "complete -o default -F _wsfleet wsfleet\n",
      PathCases(tree, "  "));
}

std::string Zsh(const std::vector<TreeCommand>& tree) {
  return fmt::format(
      "#compdef wsfleet\n"
      "# zsh completion for wsfleet: source <(wsfleet completion zsh)\n"
      "_wsfleet() {{\n"
      "  local path_words candidates word\n"
      "  local -a before\n"
      "  before=(\"${{(@)words[2,CURRENT-1]}}\")\n"
      "  () {{\n"
      "    local path=\"\"\n"
      "{}"
      "  }}\n"
      "  compadd -- ${{=candidates}}\n"
      "  _files\n"
      "}}\n"
      "compdef _wsfleet wsfleet\n",
      PathCases(tree, "    "));
}

// In single quotes, as fish reads them.
std::string FishQuoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' || c == '\\' ? fmt::format("\\{}", c) : std::string(1, c);
  return out + "'";
}

std::string Fish(const std::vector<TreeCommand>& tree) {
  std::string out =
      "# fish completion for wsfleet: wsfleet completion fish | source\n"
      "function __wsfleet_at\n"
      "  set -l words (commandline -opc | string match -v -- '-*')\n"
      "  test \"$words[2..]\" = \"$argv\"; or string match -q -- \"$argv *\" \"$words[2..]\"\n"
      "end\n";
  for (const TreeCommand& command : tree) {
    const std::string at = command.path.empty() ? "" : fmt::format(" -n '__wsfleet_at {}'", Join(command.path));
    for (const TreeCommand& child : tree) {
      if (child.path.size() != command.path.size() + 1) continue;
      if (!std::equal(command.path.begin(), command.path.end(), child.path.begin())) continue;
      out +=
          fmt::format("complete -c wsfleet{} -a {} -d {}\n", command.path.empty() ? " -n '__fish_is_first_token'" : at,
                      child.path.back(), FishQuoted(child.description));
    }
    for (const TreeFlag& flag : command.flags) {
      out += "complete -c wsfleet" + at;
      for (const std::string& name : flag.names) {
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!flag.value.empty()) out += " -r";
      out += fmt::format(" -d {}\n", FishQuoted(flag.description));
    }
  }
  return out;
}

}  // namespace

std::string RenderCompletion(const CLI::App& tree, std::string_view shell) {
  const std::vector<TreeCommand> commands = FlattenTree(tree);
  if (shell == "bash") return Bash(commands);
  return shell == "zsh" ? Zsh(commands) : Fish(commands);
}

}  // namespace wsfleet::cli
