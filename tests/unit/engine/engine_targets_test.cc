#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

// Where the cases of a suite run, and on which revision.
namespace wsfleet::testing {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

std::string AnswerWith(int status, const std::string& body) {
  return fmt::format("HTTP/1.1 {} Status\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body);
}

// Every request is answered so.
class Always {
 public:
  explicit Always(int status)
      : server_([status](ScriptedPeer& peer) {
          peer.ReadHead();
          peer.Send(AnswerWith(status, ""));
        }) {}
  std::string url() const { return server_.url(); }
  int requests() const { return server_.connections(); }

 private:
  ScriptedServer server_;
};

std::string ThreeTargets(const std::string& a, const std::string& b, const std::string& c) {
  constexpr std::string_view kTarget = "  {}: {{url: \"{}\", requires: [{{http: {{get: /health}}}}]}}\n";
  return "version: wsfleet/v1\nname: test\ntargets:\n" + fmt::format(kTarget, "a", a) + fmt::format(kTarget, "b", b) +
         fmt::format(kTarget, "c", c) +
         "target: [a, b, c]\nscenarios: [{name: one, steps: [{http: {get: /, expect: {status: 200}}}]}]\n";
}

TEST(Targets, AreTriedInOrderWhenTheHttpRequirementOfOneDoesNotHold) {
  const Always broken(500), second(200), third(200);
  SuiteRun run(ThreeTargets(broken.url(), second.url(), third.url()));
  EXPECT_EQ(run.Result().outcome, Outcome::kPassed) << run.Result().skip_detail;
  EXPECT_EQ(run.Result().target_name, "b");
  EXPECT_EQ(third.requests(), 0);
}

TEST(Targets, OfWhichTheLastIsTheOnlyHealthyOneAreAllTried) {
  const Always broken(500), also_broken(503), third(200);
  SuiteRun run(ThreeTargets(broken.url(), also_broken.url(), third.url()));
  EXPECT_EQ(run.Result().outcome, Outcome::kPassed) << run.Result().skip_detail;
  EXPECT_EQ(run.Result().target_name, "c");
}

TEST(Targets, OfWhichNoneIsHealthySkipTheSuiteAndSayOfEachWhy) {
  const Always broken(500), also_broken(502), last(503);
  SuiteRun run(ThreeTargets(broken.url(), also_broken.url(), last.url()));
  EXPECT_EQ(run.Result().outcome, Outcome::kSkipped);
  EXPECT_EQ(run.Result().skip_reason, SkipReason::kTargetUnavailable);
  EXPECT_THAT(run.Result().skip_detail, ::testing::MatchesRegex("a: .*500.*; b: .*502.*; c: .*503.*"));
}

TEST(Requirements, ThatCannotBeAskedForAreNoSkip) {
  const Always server(200);
  const auto result = [&](const std::string& suite, const std::string& target, const std::string& scenario) {
    const std::string requires_http = "requires: [{http: {get: /, headers: {X-Key: \"${secret.NOT_GIVEN}\"}}}], ";
    return SuiteRun("version: wsfleet/v1\nname: test\ntargets: {t: {" + (target.empty() ? "" : requires_http) +
                    "url: \"" + server.url() + "\"}, fallback: {url: \"" + server.url() +
                    "\"}}\ntarget: [t, fallback]\n" +
                    (suite.empty() ? "" : requires_http.substr(0, requires_http.size() - 2) + "\n") +
                    "scenarios:\n  - {name: one, " + (scenario.empty() ? "" : requires_http) +
                    "steps: [{http: {get: /, expect: {status: 200}}}]}\n")
        .Result();
  };
  for (const CaseResult& found : {result("x", "", ""), result("", "x", ""), result("", "", "x")}) {
    EXPECT_EQ(found.outcome, Outcome::kInconclusive) << found.skip_detail;
    ASSERT_TRUE(found.failure);
    EXPECT_EQ(found.failure->failure_class, FailureClass::kConfig);
    EXPECT_THAT(found.failure->message, HasSubstr("secret NOT_GIVEN was not given"));
    EXPECT_GT(found.failure->range.line, 0u);
  }
}

TEST(Requirements, AreNotMetByAnAnswerThatComesLate) {
  const auto result = [](const std::string& more) {
    ScriptedServer server([](ScriptedPeer& peer) {
      peer.ReadHead();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      peer.Send(AnswerWith(200, ""));
    });
    return SuiteRun(OneScenario(server.url(), {"- http: {get: /, expect: {status: 200}}"},
                                "requires: [{http: {get: /health, " + more + "expect: {status: 200}}}]\n"))
        .Result();
  };
  EXPECT_EQ(result("").outcome, Outcome::kPassed);
  const CaseResult late = result("max_time: 1ms, ");
  EXPECT_EQ(late.outcome, Outcome::kSkipped);
  EXPECT_EQ(late.skip_reason, SkipReason::kEndpointUnreachable);
  EXPECT_THAT(late.skip_detail, HasSubstr("expected at most 1ms"));
}

TEST(Labels, ThatAnAgentDoesNotHaveCanBeAskedFor) {
  const Always server(200);
  const auto run = [&](const std::string& test) {
    return SuiteRun(OneScenario(server.url(), {"- http: {get: /, expect: {status: 200}}"},
                                "requires: [{agent: {gpu: " + test + "}}]\n"),
                    {.labels = {{"arch", "x86_64"}, {"gpu.count", "2"}}})
        .Result();
  };
  EXPECT_EQ(run("{exists: false}").outcome, Outcome::kPassed);
  EXPECT_EQ(run("{exists: true}").skip_reason, SkipReason::kAgentMismatch);
  EXPECT_EQ(run("a100").skip_reason, SkipReason::kAgentMismatch);
}

TEST(Labels, ThatAreTrueOrFalseAreComparedAsSuch) {
  const Always server(200);
  const auto outcome = [&](const std::string& test) {
    return SuiteRun(OneScenario(server.url(), {"- http: {get: /, expect: {status: 200}}"},
                                "requires: [{agent: {ipv6: " + test + "}}]\n"),
                    {.labels = {{"ipv6", "true"}}})
        .Result()
        .outcome;
  };
  EXPECT_EQ(outcome("true"), Outcome::kPassed);
  EXPECT_EQ(outcome("\"true\""), Outcome::kPassed);
  EXPECT_EQ(outcome("false"), Outcome::kSkipped);
}

// Says another revision each time it is asked, and `status` to everything else.
CaseResult WithAChangingRevision(int status, const std::string& scenario, const std::string& request = {}) {
  std::atomic<int> asked = 0;
  ScriptedServer server([&](ScriptedPeer& peer) {
    const std::string head = peer.ReadHead();
    const bool revision = head.starts_with("GET /revision");
    peer.Send(revision ? AnswerWith(200, fmt::format(R"({{"revision":"r{}"}})", ++asked)) : AnswerWith(status, ""));
  });
  return SuiteRun("version: wsfleet/v1\nname: test\ntarget: " + server.url() +
                  "\nrevision: {http: {get: /revision}, from: $.revision}\nscenarios:\n  - {name: one, " + scenario +
                  "steps: [{http: {get: /, expect: {status: 200}" + request + "}}]}\n")
      .Result();
}

TEST(Revision, ThatChangesIsNoticedWhenTheLastCaseWasSkipped) {
  const CaseResult result = WithAChangingRevision(200, "requires: [{secret: NOT_GIVEN}], ");
  EXPECT_EQ(result.outcome, Outcome::kInconclusive);
  EXPECT_EQ(result.skip_reason, SkipReason::kNone);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->failure_class, FailureClass::kConfig);
  EXPECT_THAT(result.failure->message, HasSubstr("from r1 to r2"));
}

TEST(Revision, ThatChangesIsNotedBesideTheFailureOfTheLastCase) {
  const CaseResult result = WithAChangingRevision(404, "");
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  ASSERT_TRUE(result.failure);
  EXPECT_EQ(result.failure->failure_class, FailureClass::kHttpStatus);
  EXPECT_THAT(result.failure->notes, Contains(Field(&Note::text, HasSubstr("from r1 to r2"))));
}

TEST(Revision, ThatChangesDoesNotHideWhyTheLastCaseIsInconclusive) {
  const CaseResult result = WithAChangingRevision(200, "", ", headers: {X-Key: \"${secret.NOT_GIVEN}\"}");
  EXPECT_EQ(result.outcome, Outcome::kInconclusive);
  ASSERT_TRUE(result.failure);
  EXPECT_THAT(result.failure->message, HasSubstr("NOT_GIVEN"));
  EXPECT_THAT(result.failure->notes, Contains(Field(&Note::text, HasSubstr("from r1 to r2"))));
}

}  // namespace
}  // namespace wsfleet::testing
