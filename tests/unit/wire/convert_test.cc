#include "proto/wire/convert.h"

#include <limits>

#include "core/base/text.h"
#include "gtest/gtest.h"
#include "proto/wire/limits.h"

namespace wsfleet::wire {
namespace {

CaseResult FailedCase() {
  CaseResult result;
  result.case_id = CaseId("gate/handshake [credential=user]");
  result.suite = "gate";
  result.scenario = "handshake [credential=user]";
  result.outcome = Outcome::kFailed;
  Failure& failure = result.failure.emplace();
  failure.phase = Phase::kUpgrade;
  failure.failure_class = FailureClass::kUpgradeRefused5xx;
  failure.message = "the upgrade was refused with 500 Internal Server Error";
  failure.range = {"gate.wsfleet.yaml", 12, 9, 7};
  failure.step = "connect";
  failure.beyond_limit = true;
  failure.notes = {{"wire", "no 101"}};
  failure.evidence.status = 500;
  failure.evidence.headers = {{"server", "uvicorn"}};
  failure.evidence.body_excerpt = "Internal Server Error";
  failure.evidence.transcript = {{absl::Milliseconds(3), true, "http", 21, "HTTP/1.1 500", "main"}};
  result.earlier_sessions = EarlierSessions{7, 3};
  result.started = absl::FromUnixMillis(1'700'000'000'123);
  result.duration = absl::Milliseconds(41);
  result.proof.connections = 1;
  result.proof.peer_address = "127.0.0.1:8000";
  result.proof.bytes_in = 99;
  result.proof.timings.connect = absl::Microseconds(310);
  result.proof.attempts = {{"127.0.0.1:8000", absl::Microseconds(310), ""}};
  result.warnings = {"certificate is not verified"};
  result.earlier_failures.assign(2, failure);
  result.earlier_failures[1].message = "no frame";
  return result;
}

TEST(WireResult, ComesBackAsItWas) {
  const CaseResult result = FailedCase();
  const auto back = FromWire(ToWire(result));
  ASSERT_TRUE(back.ok()) << back.status();
  // The canonical JSON names every member.
  EXPECT_EQ(ToJson(*back), ToJson(result));
}

TEST(WireResult, KeepsAPhaseThatWasNotReachedApartFromOneThatTookNoTime) {
  CaseResult result = FailedCase();
  result.proof.timings.tls = absl::ZeroDuration();
  const auto back = FromWire(ToWire(result));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->proof.timings.tls, absl::ZeroDuration());
  EXPECT_FALSE(back->proof.timings.upgrade.has_value());
}

TEST(WireResult, ReplacesBytesThatAreNotUtf8) {
  CaseResult result = FailedCase();
  result.failure->evidence.body_excerpt = "caf\xE9";
  EXPECT_EQ(ToWire(result).failure().evidence().body_excerpt(), "caf?");
}

TEST(WireResult, IsRefusedWithoutACaseId) {
  v1::CaseResult proto = ToWire(FailedCase());
  proto.clear_case_id();
  EXPECT_EQ(FromWire(proto).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(WireResult, IsRefusedWhenItFailedAndDoesNotSayHow) {
  v1::CaseResult proto = ToWire(FailedCase());
  proto.clear_failure();
  EXPECT_EQ(FromWire(proto).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(WireResult, IsRefusedBeyondItsLimits) {
  v1::CaseResult proto = ToWire(FailedCase());
  for (int i = 0; i < 100; ++i) proto.mutable_failure()->mutable_evidence()->add_transcript();
  const auto back = FromWire(proto);
  ASSERT_FALSE(back.ok());
  EXPECT_NE(back.status().message().find("evidence.transcript"), absl::string_view::npos) << back.status();
}

TEST(WireResult, HasAtMostFiveEarlierFailures) {
  CaseResult result = FailedCase();
  result.earlier_failures.assign(6, *result.failure);
  v1::CaseResult proto = ToWire(result);
  EXPECT_EQ(proto.earlier_failures_size(), 5);
  EXPECT_TRUE(FromWire(proto).ok());
  *proto.add_earlier_failures() = proto.failure();
  EXPECT_FALSE(FromWire(proto).ok());
}

// An agent may say anything.
TEST(WireResult, HoldsNoTimesAndCountsThatCannotBe) {
  v1::CaseResult proto = ToWire(FailedCase());
  proto.mutable_duration()->set_seconds(-99'999'999);
  proto.mutable_started()->set_seconds(std::numeric_limits<std::int64_t>::max());
  proto.set_tries(std::numeric_limits<std::uint32_t>::max());
  proto.set_sessions(std::numeric_limits<std::uint32_t>::max());
  proto.set_failed_sessions(std::numeric_limits<std::uint32_t>::max());
  proto.mutable_earlier_sessions()->set_all(2);
  proto.mutable_earlier_sessions()->set_failed(std::numeric_limits<std::uint32_t>::max());
  proto.mutable_proof()->mutable_timings()->mutable_connect()->set_seconds(-1);
  proto.mutable_proof()->mutable_timings()->mutable_total()->set_seconds(std::numeric_limits<std::int64_t>::max());
  proto.mutable_proof()->mutable_attempts(0)->mutable_duration()->set_nanos(-5);
  proto.mutable_failure()->mutable_evidence()->mutable_transcript(0)->mutable_at()->set_seconds(-3);
  const auto back = FromWire(proto);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->duration, absl::ZeroDuration());
  EXPECT_EQ(back->proof.timings.connect, absl::ZeroDuration());
  EXPECT_EQ(back->proof.timings.total, kMaxElapsed);
  EXPECT_EQ(back->proof.attempts.front().duration, absl::ZeroDuration());
  EXPECT_EQ(back->failure->evidence.transcript.front().at, absl::ZeroDuration());
  EXPECT_EQ(UtcText(back->started), "9999-12-31T23:59:59Z");
  EXPECT_EQ(back->tries, kMaxTries);
  EXPECT_EQ(back->sessions, kMaxSessions);
  EXPECT_EQ(back->failed_sessions, kMaxSessions);
  EXPECT_EQ(back->earlier_sessions->failed, 2u) << "of two sessions";
  const auto stored = CaseResultFromJson(ToJson(*back));
  ASSERT_TRUE(stored.ok()) << stored.status();

  proto.set_tries(0);
  proto.set_sessions(2);
  proto.mutable_started()->set_seconds(std::numeric_limits<std::int64_t>::min());
  const auto other = FromWire(proto);
  EXPECT_EQ(other->tries, 1u);
  EXPECT_EQ(other->failed_sessions, 2u) << "of two sessions";
  EXPECT_EQ(other->started, absl::UnixEpoch());

  proto.mutable_failure()->mutable_evidence()->set_status(4'000'000'000);
  EXPECT_EQ(FromWire(proto).status().message(), "evidence.status: expected three digits, found 4000000000");
}

TEST(WireResult, IsCutToItsSizeByTheOldestFramesFirst) {
  CaseResult result = FailedCase();
  auto& transcript = result.failure->evidence.transcript;
  transcript.clear();
  for (int i = 0; i < 64; ++i) transcript.push_back({absl::Milliseconds(i), true, "text", 500, std::string(500, 'x')});
  v1::CaseResult proto = ToWire(result);
  FitResult(proto, 4096);
  EXPECT_LE(proto.ByteSizeLong(), 4096u);
  ASSERT_GT(proto.failure().evidence().transcript_size(), 0);
  EXPECT_EQ(FromWire(proto.failure().evidence().transcript().rbegin()->at()), absl::Milliseconds(63));
  EXPECT_EQ(proto.failure().evidence().status(), 500u);
}

// Fault 17: whatever a target answers and an author names, what comes of it is a result that may be sent.
TEST(WireResult, Fault17ThatIsGiantInEveryFieldFitsAndIsReadByTheOtherSide) {
  // Half a character of UTF-8 at its end.
  const std::string giant = std::string(256 << 10, 'x') + "\xc3";
  CaseResult result = FailedCase();
  result.suite = result.scenario = result.skip_detail = result.target = result.target_name = result.revision = giant;
  result.proof.peer_address = result.proof.tls_version = result.proof.tls_cipher = giant;
  result.proof.attempts.assign(100, {giant, absl::Seconds(1), giant});
  result.credentials.assign(100, {giant, true, giant});
  result.warnings.assign(100, giant);
  Failure& failure = *result.failure;
  failure.message = failure.hint = failure.step = failure.range.file = giant;
  failure.notes.assign(100, {giant, giant});
  Evidence& evidence = failure.evidence;
  evidence.status_reason = evidence.body_excerpt = evidence.close_reason = evidence.trace_id = giant;
  evidence.headers.assign(100, {giant, giant});
  evidence.certificates.assign(100, giant);
  evidence.transcript.assign(100, {absl::Seconds(1), true, giant, giant.size(), giant, giant});
  evidence.logs.assign(20, {giant, true, std::vector<std::string>(20, giant), giant});
  result.earlier_failures.assign(6, failure);

  v1::CaseResult proto = ToWire(result);
  const auto whole = FromWire(proto);
  EXPECT_TRUE(whole.ok()) << whole.status();
  FitResult(proto, kMaxResultBytes);
  EXPECT_LE(proto.ByteSizeLong(), kMaxResultBytes);
  const auto back = FromWire(proto);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->case_id, result.case_id);
  EXPECT_EQ(back->failure->failure_class, failure.failure_class);
  // What is never cut away fits into much less.
  FitResult(proto, 64 << 10);
  EXPECT_LE(proto.ByteSizeLong(), 64u << 10);
}

TEST(WireResult, ThatPassedIsCutToItsSizeToo) {
  CaseResult result;
  result.case_id = CaseId("gate/health");
  result.outcome = Outcome::kPassed;
  result.proof.attempts.assign(16, {std::string(4000, 'a'), absl::Seconds(1), std::string(4000, 'e')});
  result.warnings.assign(16, std::string(4000, 'w'));
  v1::CaseResult proto = ToWire(result);
  FitResult(proto, 100'000);
  EXPECT_LE(proto.ByteSizeLong(), 100'000u);
  EXPECT_EQ(proto.warnings_size(), 16);
}

TEST(WireTime, KeepsNanosecondsOnBothSidesOfZero) {
  for (const absl::Duration duration :
       {absl::Nanoseconds(1), absl::Seconds(-1) - absl::Nanoseconds(5), absl::Hours(9)}) {
    EXPECT_EQ(FromWire(ToWire(duration)), duration);
  }
  for (const absl::Time time :
       {absl::UnixEpoch() - absl::Nanoseconds(1), absl::FromUnixNanos(1'700'000'000'000'000'001)}) {
    EXPECT_EQ(FromWire(ToWire(time)), time);
  }
}

TEST(WireSelection, RefusesATierThatIsNone) {
  v1::Selection proto;
  proto.set_max_priority(10);
  EXPECT_FALSE(FromWire(proto).ok());
}

TEST(WireSelection, KeepsTheIdsOfCasesAndRefusesTooMany) {
  Selection selection;
  selection.cases = {CaseId("gate/handshake [credential=user] #2")};
  EXPECT_EQ(*FromWire(ToWire(selection)), selection);
  selection.cases.assign(1001, CaseId("gate/handshake"));
  EXPECT_EQ(FromWire(ToWire(selection)).status().message(), "selection.cases: expected at most 1000, found 1001");
}

TEST(WireJob, HoldsWhatItTakesToSubmitItAgain) {
  JobRecord job;
  job.id = JobId("r-1");
  job.spec.selection.cases = {CaseId("gate/handshake")};
  job.spec.variables.vars["stage"] = "one";
  job.spec.variables.env["STAGE"] = "two";
  job.spec.from = {"eu-*"};
  job.spec.agents_wait = absl::Seconds(7);
  job.spec.deadline = absl::Minutes(3);
  v1::Job proto = ToWire(job, {});
  EXPECT_EQ(FromWire(proto)->job.spec, job.spec);
  // A list or a stream of jobs does without.
  KeepSummary(proto);
  EXPECT_EQ(FromWire(proto)->job.spec, JobSpec());
}

TEST(WireStatus, KeepsCodeAndMessage) {
  const absl::Status status = absl::ResourceExhaustedError("1000 jobs are open");
  EXPECT_EQ(FromGrpc(ToGrpc(status)), status);
}

TEST(WireStatus, KeepsItsCodeHoweverLongItsMessageIs) {
  const grpc::Status cut = ToGrpc(absl::NotFoundError(std::string(100'000, 'x')));
  EXPECT_EQ(cut.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_LE(cut.error_message().size(), kMaxTextBytes + 3);
}

}  // namespace
}  // namespace wsfleet::wire
