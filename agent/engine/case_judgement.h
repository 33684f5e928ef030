#pragma once

#include <vector>

#include "agent/engine/session_outcome.h"
#include "core/verdict/result.h"

namespace wsfleet::engine {

// Says in `result`, which is new, what one try of its case has shown: what became of its sessions. What is counted, and
// what is warned of, is of all of them; the failure, and peer, TLS and times, are of one.
void Judge(CaseResult& result, std::vector<SessionOutcome> outcomes);

// Whether a case with `retries` left runs again after such a try. Not after failures of ours, which leases repeat, nor
// where something was let in that must be refused: once is too often.
bool MayRunAgain(const CaseResult& tried);

// What a case is after its `last` try, if it was `before` until then: a failure of ours tells nothing of the target,
// and so does not take the place of one that does. What earlier tries have found of the target is kept, and so is how
// many of their sessions failed and which credentials were let in.
CaseResult AfterTry(CaseResult before, CaseResult last);

}  // namespace wsfleet::engine
