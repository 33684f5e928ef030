#pragma once

#include <string>
#include <vector>

#include "cli/report/run_record.h"

namespace wsfleet::cli {

// Suites by regions: how many cases passed, "✓ 5/5".
struct Matrix {
  std::vector<std::string> regions;  // printable; the term of one that no agent was found for
  struct Row {
    std::string suite;
    std::vector<std::string> cells;  // by region; "? no result"
  };
  std::vector<Row> rows;
};

Matrix MakeMatrix(const RunRecord& record);

}  // namespace wsfleet::cli
