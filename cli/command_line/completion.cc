#include "cli/command_line/completion.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "cli/command_line/tree.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

std::string Join(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

// What may follow a command: the names below it, the words of its arguments, its flags, and the program's flags.
std::vector<std::string> Words(const TreeCommand& command, const TreeCommand& program) {
  std::vector<std::string> words = command.commands;
  for (const TreeFlag& argument : command.arguments) {
    words.insert(words.end(), argument.words.begin(), argument.words.end());
  }
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

// Every flag that a value follows, by its names, with the words that it may be. A name means the same wherever it is.
std::map<std::string, std::vector<std::string>> ValueFlags(const std::vector<TreeCommand>& tree) {
  std::map<std::string, std::vector<std::string>> flags;
  for (const TreeCommand& command : tree) {
    for (const TreeFlag& flag : command.flags) {
      if (flag.value.empty()) continue;
      for (const std::string& name : flag.names) flags.emplace(name, flag.words);
    }
  }
  return flags;
}

// The body that bash and zsh share: from the words before the cursor to `candidates`. Where a value is wanted, `flag`
// is whose. (bash takes "--output=json" for three words.)
std::string PathCases(const std::vector<TreeCommand>& tree, const std::string& indent) {
  std::string known, words, flags, values;
  for (const TreeCommand& command : tree) {
    if (!command.path.empty()) known += fmt::format("{}\" {}\"", known.empty() ? "" : "|", Join(command.path));
    words += fmt::format("{}    \"{}{}\") candidates=\"{}\" ;;\n", indent, command.path.empty() ? "" : " ",
                         Join(command.path), Join(Words(command, tree.front())));
  }
  for (const auto& [name, choices] : ValueFlags(tree)) {
    flags += fmt::format("{}{}", flags.empty() ? "" : "|", name);
    if (!choices.empty()) values += fmt::format("{}    {}) candidates=\"{}\" ;;\n", indent, name, Join(choices));
  }
  return fmt::format(
      "{0}for word in \"${{before[@]}}\"; do\n"
      "{0}  if [[ -n $flag ]]; then\n"
      "{0}    [[ $word == \"=\" ]] || flag=\"\"\n"
      "{0}    continue\n"
      "{0}  fi\n"
      "{0}  case \"$word\" in\n"
      "{0}    {1}) flag=\"$word\"; continue ;;\n"
      "{0}  esac\n"
      "{0}  case \"$at $word\" in\n"
      "{0}    {2}) at=\"$at $word\" ;;\n"
      "{0}  esac\n"
      "{0}done\n"
      "{0}if [[ -n $flag ]]; then\n"
      "{0}  case \"$flag\" in\n"
      "{3}"
      "{0}  esac\n"
      "{0}else\n"
      "{0}  case \"$at\" in\n"
      "{4}"
      "{0}  esac\n"
      "{0}fi\n",
      indent, flags, known, values, words);
}

std::string Bash(const std::vector<TreeCommand>& tree) {
  return fmt::format(
      "# bash completion for wsfleet: source <(wsfleet completion bash)\n"
      "_wsfleet() {{\n"
      "  local at=\"\" candidates=\"\" flag=\"\" word\n"
      "  local before=(\"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\") current=\"${{COMP_WORDS[COMP_CWORD]}}\"\n"
      "{}"
      "  [[ $current == \"=\" ]] && current=\"\"\n"
      "  COMPREPLY=($(compgen -W \"$candidates\" -- \"$current\"))\n"
      "}}\n"
      "complete -o default -F _wsfleet wsfleet\n",
      PathCases(tree, "  "));
}

std::string Zsh(const std::vector<TreeCommand>& tree) {
  return fmt::format(
      "#compdef wsfleet\n"
      "# zsh completion for wsfleet: source <(wsfleet completion zsh)\n"
      "_wsfleet() {{\n"
      "  local at=\"\" candidates=\"\" flag=\"\" word\n"
      "  local -a before\n"
      "  before=(\"${{(@)words[2,CURRENT-1]}}\")\n"
      "  if [[ ${{words[CURRENT]}} == --*=* ]]; then\n"
      "    before+=(\"${{words[CURRENT]%%=*}}\")\n"
      "    compset -P '*='\n"
      "  fi\n"
      "{}"
      "  compadd -- ${{=candidates}}\n"
      "  _files\n"
      "}}\n"
      // zsh runs a file of its path as the function that it is named after, and a sourced one as it is.
      "if [[ $funcstack[1] == _wsfleet ]]; then _wsfleet; else compdef _wsfleet wsfleet; fi\n",
      PathCases(tree, "  "));
}

// In single quotes, as fish reads them.
std::string FishQuoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' || c == '\\' ? fmt::format("\\{}", c) : std::string(1, c);
  return out + "'";
}

std::string FishFlag(const TreeFlag& flag, const std::string& at) {
  std::string out = "complete -c wsfleet" + at;
  for (const std::string& name : flag.names) {
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!flag.words.empty()) {
    out += fmt::format(" -x -a {}", FishQuoted(Join(flag.words)));
  } else if (!flag.value.empty()) {
    out += " -r";
  }
  return out + fmt::format(" -d {}\n", FishQuoted(flag.description));
}

std::string Fish(const std::vector<TreeCommand>& tree) {
  std::vector<std::string> value_flags;
  for (const auto& [name, words] : ValueFlags(tree)) value_flags.push_back(name);
  std::string out = fmt::format(
      "# fish completion for wsfleet: wsfleet completion fish | source\n"
      "function __wsfleet_at\n"
      "  set -l path\n"
      "  set -l value 0\n"
      "  for word in (commandline -opc)[2..]\n"
      "    if test $value = 1\n"
      "      set value 0\n"
      "    else if contains -- $word {}\n"
      "      set value 1\n"
      "    else if not string match -q -- '-*' $word\n"
      "      set -a path $word\n"
      "    end\n"
      "  end\n"
      "  test \"$path\" = \"$argv\"; or string match -q -- \"$argv *\" \"$path\"\n"
      "end\n",
      Join(value_flags));
  for (const TreeCommand& command : tree) {
    const std::string here = fmt::format(" -n '__wsfleet_at {}'", Join(command.path));
    for (const TreeCommand& child : tree) {
      if (child.path.size() != command.path.size() + 1) continue;
      if (!std::equal(command.path.begin(), command.path.end(), child.path.begin())) continue;
      out += fmt::format("complete -c wsfleet{} -a {} -d {}\n", here, child.path.back(), FishQuoted(child.description));
    }
    for (const TreeFlag& argument : command.arguments) {
      if (!argument.words.empty()) {
        out += fmt::format("complete -c wsfleet{} -a {}\n", here, FishQuoted(Join(argument.words)));
      }
    }
    for (const TreeFlag& flag : command.flags) out += FishFlag(flag, command.path.empty() ? "" : here);
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
