#include "tests/unit/engine/hostile_case.h"

#include <cctype>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "tests/targets/hostile/server.h"
#include "tests/unit/engine/suite_run.h"

namespace wsfleet::testing {
namespace {

// The largest message that an agent takes, and what may be on its way behind it.
constexpr std::uint64_t kMaxBytesIn = std::uint64_t{6} << 20;

struct Met {
  CaseResult result;
  std::uint64_t connections = 0;
};

Met MeetAndCount(const HostileCase& hostile) {
  const hostile::Fault* fault = hostile::FindFault(hostile.fault);
  if (fault == nullptr) throw std::invalid_argument("no fault " + hostile.fault);
  hostile::Server server;
  const std::string origin = server.Start(*fault);
  SuiteRun run(SuiteText(hostile, origin), {.secrets = {{"AUTHORITY", server.authority_pem()}}});
  const CaseResult result = run.Result();
  return {result, server.connections()};
}

}  // namespace

std::string SuiteText(const HostileCase& hostile, const std::string& origin) {
  const std::string tls = origin.starts_with("wss") ? ", tls: {ca: \"${secret.AUTHORITY}\"}" : "";
  std::string suite = fmt::format(
      "version: wsfleet/v1\nname: hostile\ntargets: {{here: {{url: \"{}\"{}}}}}\ntarget: here\n"
      "defaults: {{phases: {{{}}}}}\nscenarios:\n  - name: one\n    steps:\n"
      "      - {} /fault/{}{}}}\n",
      origin, tls, hostile.caps.empty() ? "resolve: 2s" : hostile.caps,
      hostile.http ? "http: {get:" : "connect: {path:", hostile.fault, hostile.connect);
  for (const std::string& step : hostile.steps) suite += "      " + step + "\n";
  return suite;
}

std::string EvidenceText(const CaseResult& result) {
  std::string text;
  for (const AddressAttempt& attempt : result.proof.attempts)
    text += fmt::format("attempt: {} {}\n", attempt.address, attempt.error);
  if (!result.failure) return text;
  const Failure& failure = *result.failure;
  const Evidence& evidence = failure.evidence;
  text += fmt::format("message: {}\n", failure.message);
  text += fmt::format("hint: {}\n", failure.hint);
  for (const Note& note : failure.notes) text += fmt::format("note: {} {}\n", note.label, note.text);
  if (evidence.status) text += fmt::format("status: {} {}\n", *evidence.status, evidence.status_reason);
  for (const HeaderField& field : evidence.headers) text += fmt::format("header: {}: {}\n", field.name, field.value);
  if (!evidence.body_excerpt.empty()) text += fmt::format("body: {}\n", evidence.body_excerpt);
  if (evidence.close_code) text += fmt::format("close: {} {}\n", *evidence.close_code, evidence.close_reason);
  for (const std::string& certificate : evidence.certificates) text += fmt::format("certificate: {}\n", certificate);
  return text;
}

std::vector<HostileCase> AllCases() {
  std::vector<HostileCase> all;
  for (auto table : {TcpCases, TlsCases, HttpCases, UpgradeCases, FrameCases, CloseCases, ApplicationCases}) {
    for (const HostileCase& row : table()) all.push_back(row);
  }
  return all;
}

CaseResult Meet(const HostileCase& hostile) { return MeetAndCount(hostile).result; }

void ExpectVerdict(const HostileCase& hostile) {
  const auto [result, connections] = MeetAndCount(hostile);
  const std::string found = EvidenceText(result);
  ASSERT_TRUE(result.failure.has_value()) << found;
  EXPECT_EQ(PhaseName(result.failure->phase), PhaseName(hostile.phase)) << found;
  EXPECT_EQ(FailureClassName(result.failure->failure_class), FailureClassName(hostile.failure_class)) << found;
  for (const std::string& part : hostile.evidence) EXPECT_THAT(found, ::testing::HasSubstr(part));
  // What goes beyond our limits accuses nobody.
  EXPECT_EQ(result.outcome, IsOurs(hostile.failure_class) ? Outcome::kInconclusive : Outcome::kFailed);
  EXPECT_GT(result.failure->range.line, 0u);
  EXPECT_LE(connections, 1u);
  EXPECT_LE(result.proof.bytes_in, kMaxBytesIn);
}

std::string TestName(const ::testing::TestParamInfo<HostileCase>& info) {
  std::string name = info.param.fault;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

}  // namespace wsfleet::testing
