#pragma once

#include <cstddef>
#include <string>

#include "cli/report/run_record.h"

namespace wsfleet::cli {

inline constexpr std::size_t kMaxHtmlBytes = 8 << 20;

// One file that asks for nothing: verdict, facts, cases by region, failures with their evidence, and a trace for each
// result. All of it is there without its script. At most kMaxHtmlBytes; what is left out is counted.
std::string RenderHtml(const RunRecord& record);

}  // namespace wsfleet::cli
