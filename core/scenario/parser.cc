#include "core/scenario/parser.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/scenario/check_shape.h"
#include "core/scenario/check_suite.h"
#include "core/scenario/folder_suite.h"
#include "core/scenario/keys.h"
#include "core/scenario/parse_suite.h"
#include "core/scenario/yaml_reader.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

void WarnOfLaterVersions(const std::vector<NotInThisVersion>& entries, Diagnostics& diagnostics) {
  for (const NotInThisVersion& entry : entries) {
    diagnostics.Warning(entry.range,
                        fmt::format("\"{}\" is valid, but not in this version: wsfleet run refuses it", entry.what));
  }
}

class BundleParser {
 public:
  BundleParser(const Bundle& bundle, Diagnostics& diagnostics) : bundle_(bundle), diagnostics_(diagnostics) {}

  std::vector<Suite> Parse() {
    for (const std::string& path : bundle_.suites) ParseFile(path);
    if (!diagnostics_.has_errors()) {
      CheckNames();
      CheckLabels(suites_, diagnostics_);
    }
    return std::move(suites_);
  }

 private:
  void ParseFile(const std::string& path) {
    const auto file = bundle_.files.find(path);
    if (file == bundle_.files.end()) {
      diagnostics_.Error({path, 0, 0, 1}, "this file is not in the bundle");
      return;
    }
    const auto root = ReadYaml(path, file->second, diagnostics_);
    if (!root) return;
    if (!IsFolderSuite(*root)) return AddSuite(path, *root, false);
    const std::size_t errors = diagnostics_.errors();
    ParseContext context{path, bundle_.files, diagnostics_};
    const std::vector<ListedSuite> listed = ReadFolderSuite(context, *root);
    WarnOfLaterVersions(context.unsupported, diagnostics_);
    for (const ListedSuite& one : listed) {
      const std::size_t before = suites_.size();
      AddSuite(one.file, one.root, true);
      if (suites_.size() == before) continue;
      Suite& suite = suites_.back();
      suite.folder = path;
      suite.not_in_this_version.insert(suite.not_in_this_version.end(), context.unsupported.begin(),
                                       context.unsupported.end());
    }
    if (diagnostics_.errors() == errors) CheckShape(*root, keys::kSuite, diagnostics_);
  }

  void AddSuite(const std::string& path, const YamlNode& root, bool in_folder_suite) {
    ParseContext context{path, bundle_.files, diagnostics_};
    context.in_folder_suite = in_folder_suite;
    auto suite = ParseSuite(context, root);
    if (!suite) return;
    CheckSuite(*suite, context.gaps, diagnostics_);
    WarnOfLaterVersions(suite->not_in_this_version, diagnostics_);
    suites_.push_back(*std::move(suite));
  }

  // Names of suites are the beginning of case ids.
  void CheckNames() {
    std::map<std::string, std::string> files;
    for (const Suite& suite : suites_) {
      const auto [found, inserted] = files.emplace(suite.name, suite.file);
      if (inserted) continue;
      diagnostics_.Error(suite.range,
                         fmt::format("suite name \"{}\" is used twice; the first is in {}", suite.name, found->second));
    }
  }

  const Bundle& bundle_;
  Diagnostics& diagnostics_;
  std::vector<Suite> suites_;
};

}  // namespace

bool ParseResult::ok() const {
  return std::ranges::none_of(diagnostics,
                              [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::kError; });
}

ParseResult ParseBundle(const Bundle& bundle) {
  ParseResult result;
  Diagnostics diagnostics;
  std::size_t bytes = 0;
  for (const auto& [path, content] : bundle.files) bytes += content.size();
  // A suite that is too large by itself says so at its own place.
  const bool large_suite = std::ranges::any_of(bundle.suites, [&](const std::string& path) {
    const auto file = bundle.files.find(path);
    return file != bundle.files.end() && file->second.size() > kMaxFileBytes;
  });
  if (bytes > kMaxBundleBytes && !large_suite) {
    diagnostics.Error(
        {}, fmt::format("the bundle is {:.1f} MiB; the limit is 8 MiB", static_cast<double>(bytes) / (1 << 20)));
  } else {
    result.suites = BundleParser(bundle, diagnostics).Parse();
  }
  result.diagnostics = diagnostics.Sorted(kMaxDiagnostics);
  if (!result.ok()) result.suites.clear();
  return result;
}

}  // namespace wsfleet
