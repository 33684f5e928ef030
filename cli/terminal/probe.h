#pragma once

#include <string>

#include "cli/report/run_record.h"

namespace wsfleet::cli {

// What each region saw of one handshake: its phases, TLS, the peer's address. Times of a phase that was not reached are
// shown as "-".
std::string RenderProbe(const RunRecord& record);

}  // namespace wsfleet::cli
