#pragma once

#include "core/verdict/result.h"

namespace wsfleet {

// A copy without what no verdict rests on (transcript, body, headers, notes, certificates, lines of logs, failed tries
// before the last): what memory holds of runs that have not ended. Stores keep it whole, and reports are made of that.
CaseResult WithoutBulk(const CaseResult& result);

}  // namespace wsfleet
