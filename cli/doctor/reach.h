#pragma once

#include <string>

#include "absl/time/time.h"
#include "cli/doctor/diagnosis.h"

namespace wsfleet::cli {

// Resolves "host:port" and opens a TCP connection to one of its addresses, within `limit` for each.
Diagnosis CheckReachable(const std::string& address, absl::Duration limit);

}  // namespace wsfleet::cli
