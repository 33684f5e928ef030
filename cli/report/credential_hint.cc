#include "cli/report/credential_hint.h"

#include <algorithm>

#include "cli/report/finding.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

bool IsLetInSomewhere(const RunRecord& record, const std::string& credential) {
  return std::ranges::any_of(record.shards, [&](const ShardRecordWithCases& entry) {
    return std::ranges::any_of(entry.cases, [&](const CaseResult& result) {
      return std::ranges::find(result.credentials, CredentialUse{credential, true}) != result.credentials.end();
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
        "it may be the credential: {} was let in nowhere in this run; check its secret, claims and times, or use a "
        "second one in the same run, which tells credential and target apart",
        use.name);
  }
  return {};
}

}  // namespace wsfleet::cli
