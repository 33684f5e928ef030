#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/scenario/plan.h"
#include "fmt/format.h"

namespace wsfleet {

inline const std::filesystem::path kLanguage = std::filesystem::path(WSFLEET_SOURCE_DIR) / "tests/scenario/language";

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return std::move(content).str();
}

// The suites below a folder, in byte order.
inline std::vector<std::filesystem::path> SuitesBelow(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().string().ends_with(".wsfleet.yaml")) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// Every file below a folder, with one of them as the suite.
inline Bundle FolderBundle(const std::filesystem::path& folder, const std::string& suite) {
  Bundle bundle;
  bundle.suites = {suite};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    bundle.files[std::filesystem::relative(entry.path(), folder).generic_string()] = ReadFile(entry.path());
  }
  return bundle;
}

inline Bundle TextBundle(std::string text) {
  Bundle bundle;
  bundle.suites = {"x.wsfleet.yaml"};
  bundle.files["x.wsfleet.yaml"] = std::move(text);
  return bundle;
}

// "line:column message" for each diagnostic of the severity, with the file's name before it if it is not
// x.wsfleet.yaml.
inline std::string Messages(const std::vector<Diagnostic>& diagnostics, Diagnostic::Severity severity) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != severity) continue;
    const bool named = diagnostic.range.known() && diagnostic.range.file != "x.wsfleet.yaml";
    out += fmt::format("{}{}:{} {}\n", named ? diagnostic.range.file + ":" : "", diagnostic.range.line,
                       diagnostic.range.column, diagnostic.message);
  }
  return out;
}
inline std::string Errors(const Bundle& bundle) {
  return Messages(ParseBundle(bundle).diagnostics, Diagnostic::Severity::kError);
}
inline std::string Warnings(const Bundle& bundle) {
  return Messages(ParseBundle(bundle).diagnostics, Diagnostic::Severity::kWarning);
}

// A good suite with these steps, and with these keys at the top.
inline std::string SuiteText(const std::string& steps, const std::string& top = "target: ws://127.0.0.1:1\n") {
  return "version: wsfleet/v1\nname: s\n" + top + "scenarios:\n  - name: one\n    steps:\n" + steps;
}

}  // namespace wsfleet
