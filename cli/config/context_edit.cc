#include "cli/config/context_edit.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "boost/json/serialize.hpp"
#include "boost/json/string.hpp"
#include "cli/config/kept_files.h"
#include "cli/whole_file.h"
#include "core/scenario/yaml_reader.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace wsfleet::cli {
namespace {

std::string Quoted(std::string_view text) { return boost::json::serialize(boost::json::string(text)); }

std::string InlineSettings(const Context& context) {
  std::string text = fmt::format("{{coordinator: {}", Quoted(context.coordinator));
  if (!context.ca_file.empty()) text += fmt::format(", ca: {}", Quoted(context.ca_file));
  if (!context.token_file.empty()) text += fmt::format(", token_file: {}", Quoted(context.token_file));
  return text + fmt::format(", fleet: {}}}", Quoted(context.fleet));
}

struct Difference {
  std::string_view key;
  std::string wanted;
};

std::vector<Difference> DifferencesOf(const Context& known, const Context& wanted) {
  std::vector<Difference> differences;
  const auto compare = [&](std::string_view key, std::string Context::* setting) {
    if (known.*setting != wanted.*setting) differences.push_back({key, wanted.*setting});
  };
  compare("coordinator", &Context::coordinator);
  compare("ca", &Context::ca_file);
  compare("token_file", &Context::token_file);
  compare("fleet", &Context::fleet);
  return differences;
}

// Where an offset begins that a mark names.
std::size_t OffsetOf(std::string_view text, const SourceRange& range) {
  std::size_t offset = 0;
  for (std::uint32_t line = 1; line < range.line; ++line) offset = text.find('\n', offset) + 1;
  return offset + range.column - 1;
}

// Where the line begins that has this offset.
std::size_t LineOf(std::string_view text, std::size_t offset) {
  return offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;
}

std::optional<YamlNode> Tree(const std::string& path, const std::string& text) {
  Diagnostics diagnostics;
  return ReadYaml(path, text, diagnostics);
}

// The text with one more context, in a line of its own before the others.
std::string WithContext(const std::string& path, std::string text, const Context& context, bool make_current) {
  const auto root = Tree(path, text);
  const YamlNode::Entry* contexts = root ? root->Find("contexts") : nullptr;
  if (!text.empty() && text.back() != '\n') text += '\n';
  if (contexts == nullptr) {
    text += fmt::format("contexts:\n  {}: {}\n", Quoted(context.name), InlineSettings(context));
  } else if (!contexts->value.entries.empty()) {
    const std::size_t begin = LineOf(text, OffsetOf(text, contexts->value.entries.front().key_range));
    const std::string indentation(text.find_first_not_of(' ', begin) - begin, ' ');
    text.insert(begin, fmt::format("{}{}: {}\n", indentation, Quoted(context.name), InlineSettings(context)));
  }
  return make_current ? fmt::format("current: {}\n{}", Quoted(context.name), text) : text;
}

// A scalar as it is written, with its quotes: its first byte, and the one behind its last.
std::pair<std::size_t, std::size_t> Extent(std::string_view text, const YamlNode& scalar) {
  const std::size_t begin = OffsetOf(text, scalar.range);
  const char quote = scalar.quoted && begin > 0 ? text[begin - 1] : '\0';
  if (quote != '"' && quote != '\'') return {begin, begin + scalar.text.size()};
  std::size_t end = begin;
  while (end < text.size() && text[end] != quote) end += quote == '"' && text[end] == '\\' ? 2 : 1;
  return {begin - 1, std::min(end + 1, text.size())};
}

// The text with this setting of a context. One that is not there yet is put before the others, in the way of these.
std::string WithSetting(const std::string& path, std::string text, const std::string& name, const Difference& setting) {
  const auto root = Tree(path, text);
  const YamlNode::Entry* contexts = root ? root->Find("contexts") : nullptr;
  const YamlNode::Entry* context = contexts == nullptr ? nullptr : contexts->value.Find(name);
  if (context == nullptr || context->value.entries.empty()) return text;
  if (const YamlNode::Entry* known = context->value.Find(setting.key)) {
    const auto [begin, end] = Extent(text, known->value);
    return text.replace(begin, end - begin, Quoted(setting.wanted));
  }
  const std::size_t begin = OffsetOf(text, context->value.entries.front().key_range);
  const std::string before = text.substr(LineOf(text, begin), begin - LineOf(text, begin));
  const bool has_lines = before.find_first_not_of(' ') == std::string::npos;
  return text.insert(begin, fmt::format("{}: {}{}", setting.key, Quoted(setting.wanted),
                                        has_lines ? "\n" + before : std::string(", ")));
}

// The text without the line that an entry begins in, and those below it that are further in.
std::string WithoutEntry(std::string text, const YamlNode::Entry& entry) {
  const std::size_t begin = LineOf(text, OffsetOf(text, entry.key_range));
  const std::size_t indentation = text.find_first_not_of(' ', begin) - begin;
  std::size_t end = begin;
  for (std::size_t line = begin; line < text.size();) {
    const std::size_t next = std::min(text.find('\n', line), text.size() - 1) + 1;
    const std::size_t first = std::min(text.find_first_not_of(" \r\n", line), next);
    if (line != begin && first < next && first - line <= indentation) break;
    if (first < next) end = next;
    line = next;
  }
  return text.erase(begin, end - begin);
}

std::string WithoutContext(const std::string& path, std::string text, std::string_view name) {
  const auto root = Tree(path, text);
  const YamlNode::Entry* contexts = root ? root->Find("contexts") : nullptr;
  const YamlNode::Entry* context = contexts == nullptr ? nullptr : contexts->value.Find(name);
  if (context == nullptr) return text;
  text = WithoutEntry(text, contexts->value.entries.size() == 1 ? *contexts : *context);
  const auto left = Tree(path, text);
  const YamlNode::Entry* current = left ? left->Find("current") : nullptr;
  return current == nullptr || current->value.text != name ? text : WithoutEntry(text, *current);
}

// Whatever form the file has: it is written only if it says afterwards what it should.
absl::Status WriteIfItSays(const ContextFile& expected, const std::string& text, std::string_view by_hand) {
  const auto found = ParseContextFile(expected.path, text, FileTrust::kOwn);
  const bool good = found.ok() && found->current == expected.current &&
                    found->contexts.size() == expected.contexts.size() &&
                    std::ranges::all_of(expected.contexts, [&](const Context& wanted) {
                      const Context* there = found->Find(wanted.name);
                      return there != nullptr && *there == wanted;
                    });
  if (good) return WriteWholeFile(expected.path, text, 0600);
  return absl::FailedPreconditionError(
      fmt::format("{}: its contexts are written in a way that nothing can be changed in; {}", expected.path, by_hand));
}

absl::Status NoContext(const std::string& path, std::string_view name) {
  return absl::NotFoundError(fmt::format("{} has no context \"{}\"", path, name));
}

}  // namespace

absl::Status UseContext(const std::string& path, std::string_view name) {
  auto text = ReadWholeFile(path, kMaxContextFile);
  if (!text.ok()) return text.status();
  const auto root = Tree(path, *text);
  const YamlNode::Entry* current = root ? root->Find("current") : nullptr;
  if (current == nullptr) return WriteWholeFile(path, fmt::format("current: {}\n{}", Quoted(name), *text), 0600);
  // The whole line, quotes and comment included: what stands inside of quotes is marked without them.
  const std::size_t begin = OffsetOf(*text, current->key_range);
  const std::size_t end = std::min(text->find('\n', begin), text->size());
  text->replace(begin, end - begin, fmt::format("current: {}", Quoted(name)));
  return WriteWholeFile(path, *text, 0600);
}

absl::Status CheckAddable(const ContextFile& file, const Context& context) {
  const Context* known = file.Find(context.name);
  if (known == nullptr || *known == context) return absl::OkStatus();
  std::vector<std::string_view> keys;
  for (const Difference& difference : DifferencesOf(*known, context)) keys.push_back(difference.key);
  return absl::AlreadyExistsError(
      fmt::format("{} has a context \"{}\" with other settings ({}); `wsfleet context set {} …` changes them, or take "
                  "another name",
                  file.path, context.name, fmt::join(keys, ", "), context.name));
}

absl::Status AddContext(const std::string& path, const Context& context) {
  const auto file = ReadContextFile(path, FileTrust::kOwn);
  if (!file.ok()) return file.status();
  if (absl::Status status = CheckAddable(*file, context); !status.ok()) return status;
  if (file->Find(context.name) != nullptr) return absl::OkStatus();
  auto text = ReadWholeFile(path, kMaxContextFile);
  if (absl::IsNotFound(text.status())) return Keep(path, RenderContextFile(context, "Coordinators, for wsfleet"));
  if (!text.ok()) return text.status();
  ContextFile expected = *file;
  expected.contexts.push_back(context);
  if (file->current.empty()) expected.current = context.name;
  return WriteIfItSays(expected, WithContext(path, *text, context, file->current.empty()),
                       fmt::format("add it by hand:\n  {}: {}", Quoted(context.name), InlineSettings(context)));
}

absl::Status ChangeContext(const std::string& path, const Context& context) {
  auto file = ReadContextFile(path, FileTrust::kOwn);
  if (!file.ok()) return file.status();
  const auto known = std::ranges::find(file->contexts, context.name, &Context::name);
  if (known == file->contexts.end()) return NoContext(path, context.name);
  auto text = ReadWholeFile(path, kMaxContextFile);
  if (!text.ok()) return text.status();
  for (const Difference& difference : DifferencesOf(*known, context)) {
    text = WithSetting(path, *std::move(text), context.name, difference);
  }
  *known = context;
  return WriteIfItSays(*file, *text,
                       fmt::format("change it by hand:\n  {}: {}", Quoted(context.name), InlineSettings(context)));
}

absl::Status RemoveContext(const std::string& path, std::string_view name) {
  auto file = ReadContextFile(path, FileTrust::kOwn);
  if (!file.ok()) return file.status();
  if (file->Find(name) == nullptr) return NoContext(path, name);
  auto text = ReadWholeFile(path, kMaxContextFile);
  if (!text.ok()) return text.status();
  std::erase_if(file->contexts, [&](const Context& context) { return context.name == name; });
  if (file->current == name) file->current.clear();
  return WriteIfItSays(*file, WithoutContext(path, *std::move(text), name), fmt::format("remove \"{}\" by hand", name));
}

std::string RenderContextFile(const Context& context, std::string_view comment) {
  return fmt::format("# {}\ncurrent: {}\ncontexts:\n  {}: {}\n", comment, Quoted(context.name), Quoted(context.name),
                     InlineSettings(context));
}

}  // namespace wsfleet::cli
