#include "cli/report/matrix.h"

#include <algorithm>
#include <map>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

struct Cell {
  int passed = 0, failed = 0, inconclusive = 0, skipped = 0;
};

void Add(Outcome outcome, Cell& cell) {
  (outcome == Outcome::kPassed         ? cell.passed
   : outcome == Outcome::kFailed       ? cell.failed
   : outcome == Outcome::kInconclusive ? cell.inconclusive
                                       : cell.skipped)++;
}

std::string Text(const Cell& cell) {
  const int all = cell.passed + cell.failed + cell.inconclusive + cell.skipped;
  const std::string_view mark = cell.failed > 0 ? "✗" : cell.inconclusive > 0 ? "?" : cell.passed > 0 ? "✓" : "-";
  return fmt::format("{} {}/{}", mark, cell.passed, all);
}

}  // namespace

Matrix MakeMatrix(const RunRecord& record) {
  Matrix matrix;
  std::map<std::string, std::map<std::string, Cell>> cells;  // suite → region
  for (const ShardRecordWithCases& entry : record.shards) {
    const std::string region = Printable(entry.shard.region.empty() ? entry.shard.term : entry.shard.region.value());
    if (std::ranges::find(matrix.regions, region) == matrix.regions.end()) matrix.regions.push_back(region);
    for (const CaseResult& result : entry.cases) Add(result.outcome, cells[result.suite][region]);
  }
  for (const std::string& suite : record.job.spec.suites) cells[suite];
  for (const auto& [suite, row] : cells) {
    Matrix::Row& line = matrix.rows.emplace_back();
    line.suite = Printable(Excerpt(suite, 40));
    for (const std::string& region : matrix.regions) {
      const auto cell = row.find(region);
      line.cells.push_back(cell == row.end() ? "? no result" : Text(cell->second));
    }
  }
  return matrix;
}

}  // namespace wsfleet::cli
