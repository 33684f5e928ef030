#pragma once

#include <vector>

#include "agent/engine/session_outcome.h"
#include "core/verdict/result.h"

namespace wsfleet::engine {

// Says in `result` what one try of its case has shown: what became of its sessions.
void Judge(CaseResult& result, std::vector<SessionOutcome> outcomes);

// What a case is after its `last` try, if it was `before` until then: a failure of ours tells nothing of the target,
// and so does not take the place of one that does.
CaseResult AfterTry(CaseResult before, CaseResult last);

}  // namespace wsfleet::engine
