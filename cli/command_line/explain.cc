#include "cli/command_line/explain.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "cli/command_line/tree.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

// "compact, full or none".
std::string Words(const std::vector<std::string>& words) {
  return fmt::format("{} or {}", fmt::join(words.begin(), words.end() - 1, ", "), words.back());
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string_view near = ClosestMatch(word, views);
  return near.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", near);
}

// The command that a line leads to, as far as it was understood.
struct Place {
  const CLI::App* app = nullptr;
  std::string command;  // "wsfleet runs"
  std::string unknown;  // the word behind it that is none of its commands
};

Place Follow(const CLI::App& program, const std::vector<std::string>& words) {
  Place place{&program, program.get_name(), {}};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.starts_with("-")) {
      // The value of a flag of the program is no command.
      const CLI::Option* option = program.get_option_no_throw(word);
      if (option != nullptr && option->get_items_expected_max() > 0) ++i;
      continue;
    }
    const auto names = CommandNames(*place.app);
    if (names.empty()) break;
    if (std::ranges::find(names, word) == names.end()) {
      place.unknown = word;
      break;
    }
    place.app = place.app->get_subcommand(word);
    place.command += " " + word;
  }
  return place;
}

std::vector<std::string> FlagsAt(const CLI::App& program, const Place& place) {
  std::vector<std::string> flags;
  for (const CLI::App* app : {place.app, &program}) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    }
  }
  return flags;
}

std::string WhatIsMissing(const Place& place, std::string_view message) {
  const std::vector<TreeCommand> tree = FlattenTree(*place.app);
  const TreeCommand& command = tree.front();
  if (!command.commands.empty()) {
    return fmt::format("expected a command of {}, found none: {}", place.command, fmt::join(command.commands, ", "));
  }
  for (const auto* flags : {&command.arguments, &command.flags}) {
    for (const TreeFlag& flag : *flags) {
      if (!message.starts_with(flag.names.back() + " ")) continue;
      return fmt::format("expected {} ({}), found none", flag.names.back(), flag.description);
    }
  }
  return std::string(message);
}

// Of an error of the library, by its kind. `message` begins with the name of the flag where there is one.
std::string InOurWords(const Place& place, const CLI::ParseError& error) {
  const std::string kind = error.get_name();
  const std::string message = error.what();
  const std::size_t colon = message.find(": ");
  if (kind == "RequiredError") return WhatIsMissing(place, message);
  if (kind == "ArgumentMismatch" && colon != std::string::npos) {
    constexpr std::string_view kReceived = " required but received ";
    const std::size_t received = message.find(kReceived);
    if (message.find(": At Most 1 ") != std::string::npos && received != std::string::npos) {
      return fmt::format("{}: expected it once, found it {} times", message.substr(0, colon),
                         message.substr(received + kReceived.size()));
    }
    return fmt::format("{}: expected a value, found none", message.substr(0, colon));
  }
  // Its name is that of the command.
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) && colon != std::string::npos) {
    return fmt::format("expected nothing more, found \"{}\"", message.substr(colon + 2));
  }
  return message;
}

}  // namespace

void OneOf(CLI::Option& option, const std::vector<std::string>& words) {
  option.type_name(fmt::format("{}", fmt::join(words, "|")));
  option.check([words](const std::string& found) {
    if (std::ranges::find(words, found) != words.end()) return std::string();
    return fmt::format("expected {}, found \"{}\"", Words(words), Printable(Excerpt(found, 80)));
  });
}

void NumberIn(CLI::Option& option, unsigned lowest, unsigned highest) {
  option.type_name(fmt::format("{}-{}", lowest, highest));
  option.check([lowest, highest](const std::string& found) {
    unsigned number = 0;
    const char* end = found.data() + found.size();
    const auto [rest, error] = std::from_chars(found.data(), end, number);
    if (error == std::errc() && rest == end && number >= lowest && number <= highest) return std::string();
    return fmt::format("expected a number from {} to {}, found \"{}\"", lowest, highest, Printable(Excerpt(found, 80)));
  });
}

std::string Explain(const CLI::App& program, const CLI::ParseError& error, int argc, char** argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const Place place = Follow(program, words);
  const std::string see = fmt::format("\nsee `{} --help`", place.command);
  if (!place.unknown.empty()) {
    return fmt::format("\"{}\" is not a command of {}{}{}", Printable(place.unknown), place.command,
                       DidYouMean(place.unknown, CommandNames(*place.app)), see);
  }
  const std::vector<std::string> flags = FlagsAt(program, place);
  for (const std::string& word : words) {
    const std::string flag = word.substr(0, word.find('='));
    if (!flag.starts_with("--") || flag == "--" || std::ranges::find(flags, flag) != flags.end()) continue;
    return fmt::format("\"{}\" is not a flag of {}{}{}", Printable(flag), place.command, DidYouMean(flag, flags), see);
  }
  return Printable(InOurWords(place, error)) + see;
}

}  // namespace wsfleet::cli
