#include "cli/config/context_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include "absl/strings/str_split.h"
#include "boost/json/serialize.hpp"
#include "boost/json/string.hpp"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "core/scenario/yaml_reader.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFile = 1 << 20;

// Reads one file; the first thing that is wrong with it ends the reading.
class Reader {
 public:
  Reader(ContextFile& file, FileTrust trust) : file_(file), trust_(trust) {}

  absl::Status Read(const std::string& text) {
    Diagnostics diagnostics;
    const auto root = ReadYaml(file_.path, text, diagnostics);
    if (root) {
      ReadRoot(*root, diagnostics);
    }
    for (const Diagnostic& diagnostic : diagnostics.Sorted(1)) {
      if (diagnostic.severity != Diagnostic::Severity::kError) continue;
      return absl::InvalidArgumentError(RenderDiagnostic(diagnostic, {{file_.path, text}}));
    }
    return absl::OkStatus();
  }

 private:
  void ReadRoot(const YamlNode& root, Diagnostics& diagnostics) {
    static constexpr std::array<std::string_view, 2> kKeys{"current", "contexts"};
    if (!CheckKeys(root, kKeys, diagnostics)) return;
    for (const YamlNode::Entry& entry : root.entries) {
      if (entry.key == "current") {
        file_.current = Text(entry, diagnostics);
        continue;
      }
      if (!entry.value.is_mapping()) {
        diagnostics.Error(entry.value.range, fmt::format("contexts: expected names with their settings, found {}",
                                                         DescribeNode(entry.value)));
        continue;
      }
      for (const YamlNode::Entry& context : entry.value.entries) ReadContext(context, diagnostics);
    }
  }

  void ReadContext(const YamlNode::Entry& entry, Diagnostics& diagnostics) {
    static constexpr std::array<std::string_view, 4> kKeys{"coordinator", "ca", "token_file", "fleet"};
    const std::size_t errors_before = diagnostics.errors();
    if (!CheckKeys(entry.value, kKeys, diagnostics)) return;
    Context context;
    context.name = entry.key;
    for (const YamlNode::Entry& setting : entry.value.entries) {
      const std::string text = Text(setting, diagnostics);
      if (setting.key == "coordinator") context.coordinator = text;
      if (setting.key == "fleet") context.fleet = text;
      if (setting.key == "ca") context.ca_file = Absolute(text);
      if (setting.key == "token_file") context.token_file = TokenFile(setting, text, diagnostics);
    }
    // A misspelt key is the better hint.
    if (context.coordinator.empty() && diagnostics.errors() == errors_before) {
      diagnostics.Error(entry.key_range,
                        fmt::format("context \"{}\" has no coordinator; add coordinator: host:port", entry.key));
    }
    file_.contexts.push_back(std::move(context));
  }

  static bool CheckKeys(const YamlNode& node, std::span<const std::string_view> keys, Diagnostics& diagnostics) {
    if (!node.is_mapping()) {
      diagnostics.Error(node.range,
                        fmt::format("expected a mapping with {}, found {}", fmt::join(keys, ", "), DescribeNode(node)));
      return false;
    }
    for (const YamlNode::Entry& entry : node.entries) {
      if (std::ranges::find(keys, entry.key) != keys.end()) continue;
      const std::string_view near = ClosestMatch(entry.key, keys);
      diagnostics.Error(entry.key_range,
                        near.empty() ? fmt::format("unknown key \"{}\"; there are {}", entry.key, fmt::join(keys, ", "))
                                     : fmt::format("unknown key \"{}\"; did you mean \"{}\"?", entry.key, near));
    }
    return true;
  }

  static std::string Text(const YamlNode::Entry& entry, Diagnostics& diagnostics) {
    if (entry.value.is_scalar() && !entry.value.text.empty()) return entry.value.text;
    diagnostics.Error(entry.value.range,
                      fmt::format("{}: expected a text, found {}", entry.key, DescribeNode(entry.value)));
    return {};
  }

  std::string Absolute(const std::string& path) const {
    return (fs::absolute(file_.path).parent_path() / path).lexically_normal().string();
  }

  std::string TokenFile(const YamlNode::Entry& setting, const std::string& text, Diagnostics& diagnostics) const {
    const std::string path = Absolute(text);
    std::error_code error;
    const fs::path folder = fs::weakly_canonical(fs::absolute(file_.path).parent_path(), error);
    const fs::path relative = fs::weakly_canonical(path, error).lexically_relative(folder);
    if (trust_ == FileTrust::kFolder && (relative.empty() || *relative.begin() == "..")) {
      diagnostics.Error(setting.value.range,
                        "token_file: a file that comes with a folder may name a token below that folder only; set "
                        "WSFLEET_TOKEN_FILE, or move the context to your own configuration");
    }
    return path;
  }

  ContextFile& file_;
  FileTrust trust_;
};

std::string Quoted(std::string_view text) { return boost::json::serialize(boost::json::string(text)); }

// Blank lines and comments.
bool SaysNothing(std::string_view text) {
  for (const auto line : absl::StrSplit(ToAbsl(text), '\n')) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first != absl::string_view::npos && line[first] != '#') return false;
  }
  return true;
}

std::string InlineSettings(const Context& context) {
  std::string text = fmt::format("{{coordinator: {}", Quoted(context.coordinator));
  if (!context.ca_file.empty()) text += fmt::format(", ca: {}", Quoted(context.ca_file));
  if (!context.token_file.empty()) text += fmt::format(", token_file: {}", Quoted(context.token_file));
  return text + fmt::format(", fleet: {}}}", Quoted(context.fleet));
}

// Where an offset begins that a mark names.
std::size_t OffsetOf(std::string_view text, const SourceRange& range) {
  std::size_t offset = 0;
  for (std::uint32_t line = 1; line < range.line; ++line) offset = text.find('\n', offset) + 1;
  return offset + range.column - 1;
}

// The text with one more context, in a line of its own before the others.
std::string WithContext(const std::string& path, std::string text, const Context& context, bool make_current) {
  Diagnostics diagnostics;
  const auto root = ReadYaml(path, text, diagnostics);
  const YamlNode::Entry* contexts = root ? root->Find("contexts") : nullptr;
  if (!text.empty() && text.back() != '\n') text += '\n';
  if (contexts == nullptr) {
    text += fmt::format("contexts:\n  {}: {}\n", Quoted(context.name), InlineSettings(context));
  } else if (!contexts->value.entries.empty()) {
    const std::size_t begin = text.rfind('\n', OffsetOf(text, contexts->value.entries.front().key_range)) + 1;
    const std::string indentation(text.find_first_not_of(' ', begin) - begin, ' ');
    text.insert(begin, fmt::format("{}{}: {}\n", indentation, Quoted(context.name), InlineSettings(context)));
  }
  return make_current ? fmt::format("current: {}\n{}", Quoted(context.name), text) : text;
}

}  // namespace

const Context* ContextFile::Find(std::string_view name) const {
  const auto found = std::ranges::find(contexts, name, &Context::name);
  return found == contexts.end() ? nullptr : &*found;
}

absl::StatusOr<ContextFile> ReadContextFile(const std::string& path, FileTrust trust) {
  ContextFile file;
  file.path = path;
  auto text = ReadWholeFile(path, kMaxFile);
  if (absl::IsNotFound(text.status())) return file;
  if (!text.ok()) return text.status();
  if (SaysNothing(*text)) return file;
  if (absl::Status status = Reader(file, trust).Read(*text); !status.ok()) return status;
  return file;
}

absl::Status UseContext(const std::string& path, std::string_view name) {
  auto text = ReadWholeFile(path, kMaxFile);
  if (!text.ok()) return text.status();
  Diagnostics diagnostics;
  const auto root = ReadYaml(path, *text, diagnostics);
  const YamlNode::Entry* current = root ? root->Find("current") : nullptr;
  if (current == nullptr) return WriteWholeFile(path, fmt::format("current: {}\n{}", Quoted(name), *text), 0600);
  // The whole line, quotes and comment included: what stands inside of quotes is marked without them.
  const std::size_t begin = OffsetOf(*text, current->key_range);
  const std::size_t end = std::min(text->find('\n', begin), text->size());
  text->replace(begin, end - begin, fmt::format("current: {}", Quoted(name)));
  return WriteWholeFile(path, *text, 0600);
}

absl::Status AddContext(const std::string& path, const Context& context) {
  const auto file = ReadContextFile(path, FileTrust::kOwn);
  if (!file.ok()) return file.status();
  if (const Context* known = file->Find(context.name)) {
    if (*known == context) return absl::OkStatus();
    return absl::AlreadyExistsError(fmt::format(
        "{} has a context \"{}\" with other settings; change it there, or take another name", path, context.name));
  }
  auto text = ReadWholeFile(path, kMaxFile);
  if (absl::IsNotFound(text.status())) {
    std::error_code error;
    const fs::path folder = fs::absolute(path).parent_path();
    fs::create_directories(folder, error);
    if (error) return absl::FailedPreconditionError(fmt::format("{}: {}", folder.string(), error.message()));
    return WriteWholeFile(path, RenderContextFile(context, "Coordinators, for wsfleet"), 0600);
  }
  if (!text.ok()) return text.status();
  const std::string added = WithContext(path, *text, context, file->current.empty());
  // Whatever form the file has: it is written only if it says afterwards what it should.
  ContextFile expected = *file;
  expected.contexts.insert(expected.contexts.begin(), context);
  ContextFile found;
  found.path = path;
  const bool good = Reader(found, FileTrust::kOwn).Read(added).ok() &&
                    found.contexts.size() == expected.contexts.size() &&
                    std::ranges::all_of(expected.contexts, [&](const Context& wanted) {
                      const Context* there = found.Find(wanted.name);
                      return there != nullptr && *there == wanted;
                    });
  if (good) return WriteWholeFile(path, added, 0600);
  return absl::FailedPreconditionError(
      fmt::format("{}: its contexts are written in a way that nothing can be added to; add it by hand:\n  {}: {}", path,
                  Quoted(context.name), InlineSettings(context)));
}

std::string RenderContextFile(const Context& context, std::string_view comment) {
  return fmt::format("# {}\ncurrent: {}\ncontexts:\n  {}: {}\n", comment, Quoted(context.name), Quoted(context.name),
                     InlineSettings(context));
}

}  // namespace wsfleet::cli
