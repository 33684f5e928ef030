#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/report/run_record.h"

namespace wsfleet::cli {

// `--report junit=x.xml,md=-`: what to write, and where.
struct ReportFile {
  std::string format;
  std::string path;  // "-": stdout
};

// INVALID_ARGUMENT: a format that there is not; a folder that does not exist; two reports for stdout.
absl::StatusOr<std::vector<ReportFile>> ParseReports(const std::vector<std::string>& texts);

bool GoesToStdout(const std::vector<ReportFile>& reports);

// Every file as a whole or not at all. Goes on after an error; returns the first.
absl::Status WriteReports(const RunRecord& record, const std::vector<ReportFile>& reports);

}  // namespace wsfleet::cli
