#pragma once

#include <vector>

#include "cli/output.h"
#include "wsfleet/v1/fleet.pb.h"

namespace wsfleet::cli {

// As `agents list` shows them.
Listing AgentTable(const std::vector<v1::Agent>& agents);

}  // namespace wsfleet::cli
