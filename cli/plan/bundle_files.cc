#include "cli/plan/bundle_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>

#include "cli/plan/left_out.h"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "core/scenario/bundle_file.h"
#include "core/scenario/folder_suite.h"
#include "core/scenario/yaml_reader.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSuites = 1000;
constexpr std::size_t kMaxWalked = 10'000;
constexpr std::size_t kShownBytes = 80;
// The keys of the language whose values are paths.
constexpr std::array<std::string_view, 5> kPathKeys{"file", "ca", "cert", "key", "schema"};

void CollectPaths(const YamlNode& node, bool is_path, std::vector<const YamlNode*>& out) {
  if (node.is_scalar() && is_path) out.push_back(&node);
  for (const YamlNode& element : node.elements) CollectPaths(element, is_path, out);
  for (const YamlNode::Entry& entry : node.entries) {
    CollectPaths(entry.value, std::ranges::find(kPathKeys, entry.key) != kPathKeys.end(), out);
  }
}

bool IsBelow(const fs::path& folder, const fs::path& path) {
  std::error_code error;
  const fs::path relative = fs::canonical(path, error).lexically_relative(fs::canonical(folder, error));
  return !error && !relative.empty() && *relative.begin() != "..";
}

// One folder with its suites.
class FolderReader {
 public:
  FolderReader(fs::path folder, std::string prefix, BundleOnDisk& files, std::size_t& bytes)
      : folder_(std::move(folder)),
        prefix_(std::move(prefix)),
        bundle_(files.bundle),
        shown_(files.shown),
        bytes_(bytes) {}

  absl::Status AddSuite(const std::string& name) {
    const std::string path = prefix_ + name;
    if (std::ranges::find(bundle_.suites, path) != bundle_.suites.end()) return absl::OkStatus();
    if (bundle_.suites.size() == kMaxSuites) {
      return absl::InvalidArgumentError(fmt::format("more than {} suites", kMaxSuites));
    }
    const fs::path file = folder_ / name;
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (!error && size > kMaxFileBytes) return TooLarge(file, size);
    if (absl::Status status = Add(file, path); !status.ok()) return status;
    bundle_.suites.push_back(path);
    return AddNamedFiles(path);
  }

  absl::Status AddAll() {
    std::error_code error;
    if (fs::exists(folder_ / kSuiteOfFolder, error)) return AddSuite(std::string(kSuiteOfFolder));
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
      const std::string name = entry.path().filename().string();
      // A link may lead anywhere; whoever means its target names it.
      if (name.ends_with(kSuiteSuffix) && entry.is_regular_file(error) && IsBelow(folder_, entry.path())) {
        names.push_back(name);
      }
    }
    if (error) return absl::NotFoundError(fmt::format("{}: {}", folder_.string(), error.message()));
    if (names.empty()) {
      return absl::InvalidArgumentError(
          fmt::format("{} has no *{}; `wsfleet new` writes one", folder_.string(), kSuiteSuffix));
    }
    std::ranges::sort(names);
    for (const std::string& name : names) {
      if (absl::Status status = AddSuite(name); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // What the bundle has of this folder, by paths relative to it.
  std::set<std::string> read() const {
    std::set<std::string> paths;
    for (const auto& [path, content] : bundle_.files) {
      if (path.starts_with(prefix_)) paths.insert(path.substr(prefix_.size()));
    }
    return paths;
  }

 private:
  absl::Status Refusal(const SourceRange& range, const std::string& message) const {
    const SourceRange known = Shown(range, shown_);
    const auto text = bundle_.files.find(range.file);
    return absl::InvalidArgumentError(
        RenderDiagnostic({Diagnostic::Severity::kError, known, message},
                         {{known.file, text == bundle_.files.end() ? std::string() : text->second}}));
  }

  absl::Status Add(const fs::path& file, const std::string& path) {
    if (bundle_.files.contains(path)) return absl::OkStatus();
    shown_[path] = file.lexically_normal().string();
    auto content = ReadWholeFile(file.string(), kMaxBundleBytes);
    if (!content.ok()) return content.status();
    bytes_ += content->size();
    if (bytes_ > kMaxBundleBytes) {
      return absl::InvalidArgumentError(fmt::format("{}: with it the bundle is {:.1f} MiB; the limit is 8 MiB",
                                                    file.string(), static_cast<double>(bytes_) / (1 << 20)));
    }
    bundle_.files.emplace(path, *std::move(content));
    return absl::OkStatus();
  }

  // Refused with its first bytes as evidence; the rest is not read.
  static absl::Status TooLarge(const fs::path& file, std::uintmax_t size) {
    std::string begin(kShownBytes, '\0');
    std::ifstream in(file, std::ios::binary);
    in.read(begin.data(), static_cast<std::streamsize>(begin.size()));
    begin.resize(static_cast<std::size_t>(in.gcount()));
    const std::string message =
        fmt::format("file is {:.1f} MiB; the limit is 1 MiB", static_cast<double>(size) / (1 << 20));
    const std::string shown = file.lexically_normal().string();
    return absl::InvalidArgumentError(
        RenderDiagnostic({Diagnostic::Severity::kError, {shown, 1, 1, 1}, message}, {{shown, begin}}));
  }

  // Brings what `file` names. What cannot be read as YAML, is missing or leads outside is the parser's to refuse.
  absl::Status AddNamedFiles(const std::string& path) {
    Diagnostics ignored;
    const auto root = ReadYaml(path, bundle_.files.at(path), ignored);
    if (!root) return absl::OkStatus();
    if (IsFolderSuite(*root)) {
      for (const YamlNode& element : root->Find("files")->value.elements) {
        if (absl::Status status = AddListed(path, element); !status.ok()) return status;
      }
    }
    // The parser names the suite that a file without a target belongs to.
    if (root->Find("target") == nullptr) {
      if (absl::Status status = AddNamed(prefix_ + std::string(kSuiteOfFolder), root->range); !status.ok())
        return status;
    }
    std::vector<const YamlNode*> named;
    CollectPaths(*root, false, named);
    for (const YamlNode* name : named) {
      const auto relative = ResolveBundlePath(path, name->text);
      if (!relative || name->text.find("${") != std::string::npos) continue;
      if (absl::Status status = AddNamed(*relative, name->range); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status AddNamed(const std::string& path, const SourceRange& range) {
    const fs::path file = folder_ / path.substr(prefix_.size());
    std::error_code error;
    if (!path.starts_with(prefix_) || !fs::is_regular_file(file, error)) return absl::OkStatus();
    // A link may lead anywhere.
    if (!IsBelow(folder_, file)) {
      return Refusal(range,
                     fmt::format("{} lies outside of the folder {}; a suite may name files below its folder only",
                                 file.string(), folder_.string()));
    }
    return Add(file, path);
  }

  // The suites that one entry of `files`, a path or a glob, means; and what they name.
  absl::Status AddListed(const std::string& suite, const YamlNode& element) {
    const auto pattern = ResolveBundlePath(suite, element.text);
    if (!pattern) return absl::OkStatus();
    std::error_code error;
    std::size_t seen = 0;
    for (const auto& entry :
         fs::recursive_directory_iterator(folder_, fs::directory_options::skip_permission_denied, error)) {
      if (++seen > kMaxWalked) {
        return Refusal(element.range, fmt::format("{} has more than {} entries", folder_.string(), kMaxWalked));
      }
      const std::string path = prefix_ + entry.path().lexically_relative(folder_).generic_string();
      if (!path.ends_with(".yaml") || bundle_.files.contains(path) || !GlobMatches(*pattern, path)) continue;
      if (absl::Status status = AddNamed(path, element.range); !status.ok()) return status;
      if (!bundle_.files.contains(path)) continue;
      if (absl::Status status = AddNamedFiles(path); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  const fs::path folder_;
  const std::string prefix_;
  Bundle& bundle_;
  std::map<std::string, std::string>& shown_;
  std::size_t& bytes_;
};

struct Given {
  fs::path folder;
  std::string suite;  // empty: the whole folder
};

absl::StatusOr<Given> Locate(const std::string& text) {
  const fs::path path(text);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return absl::NotFoundError(fmt::format("{} does not exist", text));
  if (fs::is_directory(status)) return Given{path, {}};
  if (!fs::is_regular_file(status)) {
    return absl::InvalidArgumentError(fmt::format("{} is neither a file nor a folder", text));
  }
  return Given{path.parent_path().empty() ? fs::path(".") : path.parent_path(), path.filename().string()};
}

// A name for each folder that no other has; none if there is one folder only.
std::vector<std::string> Prefixes(const std::vector<Given>& given) {
  std::vector<std::pair<fs::path, std::string>> known;
  std::vector<std::string> prefixes;
  for (const Given& entry : given) {
    std::error_code error;
    const fs::path folder = fs::canonical(entry.folder, error);
    auto found = std::ranges::find(known, folder, &std::pair<fs::path, std::string>::first);
    if (found == known.end()) {
      const std::string base = folder.filename().string();
      std::string name = base;
      const auto taken = [&] { return std::ranges::find(known, name, &decltype(known)::value_type::second); };
      for (int number = 2; taken() != known.end(); ++number) name = fmt::format("{}-{}", base, number);
      found = known.insert(known.end(), {folder, name});
    }
    prefixes.push_back(found->second + "/");
  }
  if (known.size() == 1) prefixes.assign(given.size(), "");
  return prefixes;
}

}  // namespace

SourceRange Shown(const SourceRange& range, const std::map<std::string, std::string>& shown) {
  SourceRange known = range;
  if (const auto found = shown.find(range.file); found != shown.end()) known.file = found->second;
  return known;
}

absl::StatusOr<BundleOnDisk> ReadBundle(const std::vector<std::string>& paths) {
  std::vector<Given> given;
  for (const std::string& path : paths) {
    auto located = Locate(path);
    if (!located.ok()) return located.status();
    given.push_back(*std::move(located));
  }
  const std::vector<std::string> prefixes = Prefixes(given);
  BundleOnDisk files;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < given.size(); ++i) {
    FolderReader reader(given[i].folder, prefixes[i], files, bytes);
    const absl::Status status = given[i].suite.empty() ? reader.AddAll() : reader.AddSuite(given[i].suite);
    if (!status.ok()) return status;
    if (!given[i].suite.empty()) continue;
    for (std::string& sentence : SuitesLeftOut(given[i].folder.string(), reader.read())) {
      files.warnings.push_back(std::move(sentence));
    }
  }
  return files;
}

}  // namespace wsfleet::cli
