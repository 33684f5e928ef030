#pragma once

#include <set>
#include <string>
#include <vector>

namespace wsfleet::cli {

// What a person who gives a folder may believe to run, and does not: suites beside its suite.wsfleet.yaml, and suites
// in folders below it. `read`: paths, relative to `folder`, of the files that the run has. A sentence for each of the
// two, or none. Looks at a bounded number of entries, at no hidden folder, and follows no link.
std::vector<std::string> SuitesLeftOut(const std::string& folder, const std::set<std::string>& read);

}  // namespace wsfleet::cli
