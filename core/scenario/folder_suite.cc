#include "core/scenario/folder_suite.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "core/base/text.h"
#include "core/scenario/bundle_file.h"
#include "core/scenario/keys.h"
#include "core/scenario/parse_load.h"
#include "core/scenario/parse_scenario.h"
#include "core/scenario/yaml_reader.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxListedFiles = 200;

constexpr std::array<std::string_view, 3> kNotWithFiles{"scenarios", "load", "data"};
// Keys that belong to the folder suite alone.
constexpr std::array<std::string_view, 4> kOwn{"files", "name", "version", "thresholds"};

bool Contains(std::span<const std::string_view> keys, std::string_view key) {
  return std::ranges::find(keys, key) != keys.end();
}

std::vector<std::string> Listed(ParseContext& context, const YamlNode& element) {
  const auto pattern = ReadPlainText(context, "files", element);
  if (!pattern) return {};
  const auto path = ResolveBundlePath(context.file, *pattern);
  if (!path || !path->ends_with(".yaml")) {
    context.diagnostics.Error(element.range,
                              fmt::format("files: expected a path or glob of .yaml files below this one, "
                                          "found {}",
                                          DescribeNode(element)));
    return {};
  }
  std::vector<std::string> found;
  for (const auto& [name, content] : context.files) {
    if (name != context.file && name.ends_with(".yaml") && GlobMatches(*path, name)) found.push_back(name);
  }
  if (found.empty()) {
    context.diagnostics.Error(element.range, fmt::format("files: nothing matches {}", DescribeNode(element)));
  }
  return found;
}

void LayUnder(const YamlNode& suite, YamlNode& file) {
  for (const YamlNode::Entry& entry : suite.entries) {
    if (Contains(kOwn, entry.key) || Contains(kNotWithFiles, entry.key)) continue;
    const auto own = std::ranges::find(file.entries, entry.key, &YamlNode::Entry::key);
    if (own == file.entries.end()) {
      file.entries.push_back(entry);
    } else if (entry.key == "tags" && entry.value.is_sequence()) {
      own->value.elements.insert(own->value.elements.begin(), entry.value.elements.begin(), entry.value.elements.end());
    } else if (entry.value.is_mapping() && own->value.is_mapping()) {
      for (const YamlNode::Entry& inner : entry.value.entries) {
        if (own->value.Find(inner.key) == nullptr) own->value.entries.push_back(inner);
      }
    }
  }
}

void CheckOwnKeys(ParseContext& context, const YamlNode& root) {
  CheckKeys(context, root, "suite", keys::kSuite);
  RequireVersion(context, root);
  ReadName(context, root);
  for (const std::string_view key : kNotWithFiles) {
    const auto* entry = root.Find(key);
    if (entry == nullptr) continue;
    context.diagnostics.Error(
        entry->key_range, key == "scenarios" ? std::string("a suite has scenarios or files, not both")
                                             : fmt::format("\"{}\" does not go with files; write it into a file", key));
  }
  if (const auto* thresholds = root.Find("thresholds")) {
    CheckThresholds(context, thresholds->value);
    context.unsupported.push_back({"thresholds", thresholds->key_range});
  }
}

}  // namespace

bool IsFolderSuite(const YamlNode& root) { return root.is_mapping() && root.Find("files") != nullptr; }

std::vector<ListedSuite> ReadFolderSuite(ParseContext& context, const YamlNode& root) {
  std::vector<ListedSuite> suites;
  CheckOwnKeys(context, root);
  const YamlNode& files = root.Find("files")->value;
  if (!files.is_sequence() || files.elements.empty()) {
    context.diagnostics.Error(files.range,
                              fmt::format("files: expected a list of paths, found {}", DescribeNode(files)));
    return suites;
  }
  std::set<std::string> seen;
  for (const YamlNode& element : files.elements) {
    for (const std::string& name : Listed(context, element)) {
      if (!seen.insert(name).second) continue;
      if (seen.size() > kMaxListedFiles) {
        context.diagnostics.Error(element.range, fmt::format("files: more than {} files", kMaxListedFiles));
        return suites;
      }
      auto node = ReadYaml(name, context.files.find(name)->second, context.diagnostics);
      if (!node) continue;
      if (!node->is_mapping() || IsFolderSuite(*node)) {
        context.diagnostics.Error(node->range, "a listed file must be a suite with scenarios, not one with files");
        continue;
      }
      LayUnder(root, *node);
      suites.push_back({name, *std::move(node)});
    }
  }
  return suites;
}

}  // namespace wsfleet
