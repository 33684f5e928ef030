#include <utility>

#include "absl/status/statusor.h"
#include "core/value/json_reader.h"
#include "core/verdict/evidence_json.h"
#include "core/verdict/result.h"

namespace wsfleet {

namespace json = boost::json;

json::value ToJson(const CaseResult& result) {
  json::object out;
  out["case_id"] = result.case_id.value();
  out["suite"] = result.suite;
  out["scenario"] = result.scenario;
  out["outcome"] = OutcomeName(result.outcome);
  if (result.skip_reason != SkipReason::kNone) {
    out["skip_reason"] = SkipReasonName(result.skip_reason);
    out["skip_detail"] = result.skip_detail;
  }
  if (result.failure) out["failure"] = FailureToJson(*result.failure);
  json::array earlier;
  for (const Failure& failure : result.earlier_failures) earlier.push_back(FailureToJson(failure));
  if (!earlier.empty()) out["earlier_failures"] = std::move(earlier);
  out["flaky"] = result.flaky;
  out["tries"] = result.tries;
  out["sessions"] = result.sessions;
  out["failed_sessions"] = result.failed_sessions;
  if (result.earlier_sessions) {
    out["earlier_sessions"] = {{"all", result.earlier_sessions->all}, {"failed", result.earlier_sessions->failed}};
  }
  out["started"] = TimeText(result.started);
  out["duration_ns"] = absl::ToInt64Nanoseconds(result.duration);
  out["assertions"] = result.assertions;
  out["target"] = result.target;
  out["target_name"] = result.target_name;
  out["revision"] = result.revision;
  out["proof"] = ProofToJson(result.proof);
  json::array credentials;
  for (const CredentialUse& use : result.credentials) {
    credentials.push_back({{"name", use.name}, {"accepted", use.accepted}, {"endpoint", use.endpoint}});
  }
  out["credentials"] = std::move(credentials);
  out["warnings"] = json::array(result.warnings.begin(), result.warnings.end());
  return out;
}

absl::StatusOr<CaseResult> CaseResultFromJson(const json::value& value) {
  CaseResult result;
  JsonReader reader(value, "result");
  std::string id;
  reader.Read("case_id", id);
  result.case_id = CaseId(std::move(id));
  reader.Read("suite", result.suite);
  reader.Read("scenario", result.scenario);
  reader.ReadWord("outcome", ParseOutcome, result.outcome);
  reader.ReadWord("skip_reason", ParseSkipReason, result.skip_reason);
  reader.Read("skip_detail", result.skip_detail);
  if (const auto* failure = reader.Find("failure")) {
    reader.Keep(ReadFailure(*failure, "result.failure", result.failure.emplace()));
  }
  reader.ReadEach("earlier_failures", [&](const json::value& failure, std::string where) {
    return ReadFailure(failure, std::move(where), result.earlier_failures.emplace_back());
  });
  reader.Read("flaky", result.flaky);
  reader.Read("tries", result.tries);
  reader.Read("sessions", result.sessions);
  reader.Read("failed_sessions", result.failed_sessions);
  if (const auto* earlier = reader.Find("earlier_sessions")) {
    JsonReader member(*earlier, "result.earlier_sessions");
    EarlierSessions& sessions = result.earlier_sessions.emplace();
    member.Read("all", sessions.all);
    member.Read("failed", sessions.failed);
    reader.Keep(member.status());
  }
  reader.Read("started", result.started);
  reader.Read("duration_ns", result.duration);
  reader.Read("assertions", result.assertions);
  reader.Read("target", result.target);
  reader.Read("target_name", result.target_name);
  reader.Read("revision", result.revision);
  if (const auto* proof = reader.Find("proof")) reader.Keep(ReadProof(*proof, "result.proof", result.proof));
  reader.ReadEach("credentials", [&](const json::value& credential, const std::string& where) {
    JsonReader member(credential, where);
    CredentialUse& use = result.credentials.emplace_back();
    member.Read("name", use.name);
    member.Read("accepted", use.accepted);
    member.Read("endpoint", use.endpoint);
    return member.status();
  });
  reader.ReadEach("warnings", [&](const json::value& warning, const std::string& where) {
    if (!warning.is_string()) return absl::InvalidArgumentError(where + ": expected a string");
    result.warnings.emplace_back(warning.get_string());
    return absl::OkStatus();
  });
  if (!reader.status().ok()) return reader.status();
  return result;
}

}  // namespace wsfleet
