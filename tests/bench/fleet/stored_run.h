#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace wsfleet::testing {

// Compares what the SQLite file `store` holds of a run with what must be there: one shard for each agent, each at its
// first attempt, done and passed, with one result from that agent; no lease. Adds what it finds to `wrong`. The
// coordinator may be at work.
void ExpectStoredOnce(const std::string& store, const std::string& job, std::size_t agents,
                      std::vector<std::string>& wrong);

}  // namespace wsfleet::testing
