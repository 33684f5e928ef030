#include "core/verdict/bulk.h"

namespace wsfleet {

CaseResult WithoutBulk(const CaseResult& result) {
  CaseResult slim = result;
  slim.proof.attempts.clear();
  slim.warnings.clear();
  slim.earlier_failures.clear();
  if (slim.failure.has_value()) {
    Evidence& evidence = slim.failure->evidence;
    evidence.headers.clear();
    evidence.body_excerpt.clear();
    evidence.certificates.clear();
    evidence.transcript.clear();
    evidence.logs.clear();
    slim.failure->notes.clear();
  }
  return slim;
}

}  // namespace wsfleet
