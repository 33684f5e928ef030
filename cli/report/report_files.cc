#include "cli/report/report_files.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "absl/strings/str_split.h"
#include "cli/terminal/console.h"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr std::array<std::string_view, 5> kFormats{"junit", "ctrf", "json", "html", "md"};

absl::StatusOr<ReportFile> ParseReport(const std::string& text) {
  const std::size_t equals = text.find('=');
  ReportFile report{text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
  if (std::ranges::find(kFormats, report.format) == kFormats.end() || report.path.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("--report: expected {}=FILE or …=- for stdout, found \"{}\"", fmt::join(kFormats, "=, "), text));
  }
  const std::filesystem::path folder = std::filesystem::path(report.path).parent_path();
  std::error_code error;
  if (!folder.empty() && !std::filesystem::is_directory(folder, error)) {
    return absl::InvalidArgumentError(
        fmt::format("--report {}: the folder {} does not exist; make it first", text, folder.string()));
  }
  return report;
}

}  // namespace

absl::StatusOr<std::vector<ReportFile>> ParseReports(const std::vector<std::string>& texts) {
  std::vector<ReportFile> reports;
  for (const std::string& list : texts) {
    for (const auto piece : absl::StrSplit(list, ',')) {
      auto report = ParseReport(std::string(piece));
      if (!report.ok()) return report.status();
      reports.push_back(*std::move(report));
    }
  }
  if (std::ranges::count(reports, "-", &ReportFile::path) > 1) {
    return absl::InvalidArgumentError("--report: only one report can go to stdout");
  }
  return reports;
}

bool GoesToStdout(const std::vector<ReportFile>& reports) {
  return std::ranges::find(reports, "-", &ReportFile::path) != reports.end();
}

absl::Status WriteReports(const RunRecord& record, const std::vector<ReportFile>& reports) {
  absl::Status first;
  for (const ReportFile& report : reports) {
    const std::string text = RenderReport(record, report.format);
    if (report.path == "-") {
      PrintData(text).IgnoreError();
      continue;
    }
    first.Update(WriteWholeFile(report.path, text));
  }
  return first;
}

}  // namespace wsfleet::cli
