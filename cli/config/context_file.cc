#include "cli/config/context_file.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "absl/strings/str_split.h"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "core/scenario/yaml_reader.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace fs = std::filesystem;

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

// Blank lines and comments.
bool SaysNothing(std::string_view text) {
  for (const auto line : absl::StrSplit(ToAbsl(text), '\n')) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first != absl::string_view::npos && line[first] != '#') return false;
  }
  return true;
}

}  // namespace

const Context* ContextFile::Find(std::string_view name) const {
  const auto found = std::ranges::find(contexts, name, &Context::name);
  return found == contexts.end() ? nullptr : &*found;
}

absl::StatusOr<ContextFile> ReadContextFile(const std::string& path, FileTrust trust) {
  const auto text = ReadWholeFile(path, kMaxContextFile);
  if (absl::IsNotFound(text.status())) return ContextFile{path, {}, {}};
  if (!text.ok()) return text.status();
  return ParseContextFile(path, *text, trust);
}

absl::StatusOr<ContextFile> ParseContextFile(const std::string& path, const std::string& text, FileTrust trust) {
  ContextFile file;
  file.path = path;
  if (SaysNothing(text)) return file;
  if (absl::Status status = Reader(file, trust).Read(text); !status.ok()) return status;
  return file;
}

}  // namespace wsfleet::cli
