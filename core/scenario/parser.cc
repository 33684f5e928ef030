#include "core/scenario/parser.h"

#include <algorithm>

#include "core/scenario/check_suite.h"
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

void ParseOne(const Bundle& bundle, const std::string& path, std::vector<Suite>& suites, Diagnostics& diagnostics) {
  const auto file = bundle.files.find(path);
  if (file == bundle.files.end()) {
    diagnostics.Error({path, 0, 0, 1}, "this file is not in the bundle");
    return;
  }
  const auto root = ReadYaml(path, file->second, diagnostics);
  if (!root) return;
  ParseContext context{path, diagnostics};
  auto suite = ParseSuite(context, *root);
  if (!suite) return;
  // A suite whose shape is wrong would only give follow-up errors.
  if (!diagnostics.has_errors()) CheckSuite(*suite, diagnostics);
  WarnOfLaterVersions(suite->not_in_this_version, diagnostics);
  for (const Scenario& scenario : suite->scenarios) WarnOfLaterVersions(scenario.not_in_this_version, diagnostics);
  suites.push_back(*std::move(suite));
}

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
    for (const std::string& path : bundle.suites) ParseOne(bundle, path, result.suites, diagnostics);
  }
  result.diagnostics = diagnostics.Sorted(kMaxDiagnostics);
  if (!result.ok()) result.suites.clear();
  return result;
}

}  // namespace wsfleet
