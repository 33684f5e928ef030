#pragma once

#include <string>

#include "cli/report/run_record.h"

namespace wsfleet::cli {

// That a refusal may be right: the target turned a credential away that it let in nowhere in this run. An inference,
// not an attribution, which needs a second credential. Empty: nothing suggests it, or the attribution says so already.
std::string CredentialHint(const RunRecord& record, const CaseResult& result);

}  // namespace wsfleet::cli
