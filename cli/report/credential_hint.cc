#include "cli/report/credential_hint.h"

#include <algorithm>

#include "cli/report/finding.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

bool IsLetInSomewhere(const RunRecord& record, const std::string& credential) {
  return std::ranges::any_of(record.shards, [&](const ShardRecordWithCases& entry) {
    return std::ranges::any_of(entry.cases, [&](const CaseResult& result) {
      return std::ranges::any_of(result.credentials,
                                 [&](const CredentialUse& use) { return use.accepted && use.name == credential; });
    });
  });
}

}  // namespace

std::string CredentialHint(const RunRecord& record, const CaseResult& result) {
  if (!result.failure || result.failure->failure_class != FailureClass::kAuth) return {};
  const AttributedFailure* attributed = AttributionOf(record, result);
  if (attributed != nullptr && attributed->attribution == Attribution::kConfiguration) return {};
  for (const CredentialUse& use : result.credentials) {
    if (use.accepted || IsLetInSomewhere(record, use.name)) continue;
    return fmt::format(
        "it may be the credential: {} was let in nowhere in this run; check its secret, claims and times, or connect "
        "to the same path with a second one, which tells credential and target apart",
        use.name);
  }
  return {};
}

}  // namespace wsfleet::cli
