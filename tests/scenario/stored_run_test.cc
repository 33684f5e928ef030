#include <set>
#include <string>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

// What can be had of a run after its end: reports, traces, and the same run again.
namespace wsfleet::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// "qui.t" fails in every region; as an expression it would mean "quirt" too, which passes.
constexpr char kSuite[] = R"(version: wsfleet/v1
name: late
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
auth: {user: {jwt: {alg: HS256, key: "${secret.JWT_KEY}", claims: {sub: somebody}}}}
scenarios:
  - name: quirt
    steps: [{http: {get: /health, expect: {status: 200}}}]
  - name: qui.t
    matrix: {wanted: [never, not at all]}
    steps:
      - connect: {path: /ws, auth: user}
      - expect: {match: {$.type: connection_established}}
      - send: {json: {type: user_message, thread_id: t-1, text: hello}}
      - expect: {match: {$.type: "${wanted}"}, within: 200ms}
)";

class StoredRun : public ::testing::Test {
 protected:
  void SetUp() override {
    fleet_.StartAgent("eu-1", "eu-west-1");
    fleet_.StartAgent("us-1", "us-east-1");
    suite_ = fleet_.directory().Write("late.wsfleet.yaml", kSuite);
    run_ = fleet_.Run({"run", suite_, "--from", "eu-west-1,us-east-1", "--var", "target=" + target_.ws_url(),
                       "--secret", "JWT_KEY", "--report", "json=run.json,html=run.html"});
    ASSERT_EQ(run_.exit_code, 1) << run_.out << run_.err;
    id_ = std::string(boost::json::parse(File("run.json")).at("job").as_string());
  }

  std::string File(const std::string& name) const { return ReadWholeFile(fleet_.directory().path() / name); }

  TargetServer target_{DemoTarget()};
  RealFleet fleet_;
  std::string suite_, id_;
  Finished run_;
};

TEST_F(StoredRun, IsReportedInEveryFormatAfterwardsAndFromASavedBundle) {
  const Finished stored =
      fleet_.Run({"runs", "report", id_, "--report", "html=a.html,ctrf=a.ctrf.json", "--report", "junit=a.xml,md=-"});
  EXPECT_EQ(stored.exit_code, 0) << stored.err;
  EXPECT_THAT(stored.out, StartsWith("# Run " + id_ + ": failed"));
  EXPECT_THAT(stored.out, HasSubstr("- command: `wsfleet run " + suite_ + " --from eu-west-1,us-east-1"));
  EXPECT_THAT(File("a.html"), HasSubstr("Trace in eu-west-1"));
  EXPECT_THAT(File("a.html"), HasSubstr("connection_established"));
  EXPECT_EQ(boost::json::parse(File("a.ctrf.json")).at("results").at("summary").at("failed").to_number<int>(), 4);

  // Without a coordinator, from the file alone, the page is the same to the byte.
  Command from_file = fleet_.Client({"runs", "report", "--from", "run.json", "--report", "html=b.html"});
  from_file.environment["WSFLEET_COORDINATOR"] = "127.0.0.1:1";
  const Finished saved = RunCommand(from_file, absl::Seconds(60));
  EXPECT_EQ(saved.exit_code, 0) << saved.err;
  EXPECT_EQ(File("b.html"), File("run.html"));
}

TEST_F(StoredRun, IsRefusedWhenItIsNoBundleOrNoRun) {
  fleet_.directory().Write("other.json", "{\"schema\": \"else\"}");
  const Finished wrong = fleet_.Run({"runs", "report", "--from", "other.json", "--report", "md=-"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("other.json: run.schema: expected \"wsfleet/run/v1\""));
  const Finished nowhere = fleet_.Run({"runs", "report", "r-NONE", "--report", "md=-"});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("r-NONE"));
}

TEST_F(StoredRun, ShowsTheFramesOfWhatFailed) {
  const Finished trace = fleet_.Run({"runs", "trace", id_, "--region", "us-*"});
  EXPECT_EQ(trace.exit_code, 0) << trace.err;
  EXPECT_THAT(trace.out, HasSubstr("✗ late/qui.t [wanted=never]  us-east-1 (us-1)  failed"));
  EXPECT_THAT(trace.out, HasSubstr("←  text"));
  EXPECT_THAT(trace.out, HasSubstr("connection_established"));
  EXPECT_THAT(trace.out, HasSubstr("→  text"));
  EXPECT_THAT(trace.out, HasSubstr("upgrade "));
  EXPECT_THAT(trace.out, Not(HasSubstr("eu-west-1")));
  const Finished named = fleet_.Run({"runs", "trace", id_, "quirt", "-o", "json"});
  EXPECT_EQ(named.exit_code, 0) << named.err;
  EXPECT_EQ(boost::json::parse(named.out).as_array().size(), 2u);
  const Finished wrong = fleet_.Run({"runs", "trace", id_, "quit"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("this run has no case \"quit\""));
}

TEST_F(StoredRun, RunsAgainOnlyWhatFailedByExactName) {
  const Finished without = fleet_.Run({"runs", "rerun", id_, "--failed"});
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.err, HasSubstr("give them again: --secret JWT_KEY"));
  const Finished again =
      fleet_.Run({"runs", "rerun", id_, "--failed", "--secret", "JWT_KEY", "--report", "json=again.json"});
  EXPECT_EQ(again.exit_code, 1) << again.out << again.err;
  EXPECT_THAT(again.out, HasSubstr("VERDICT failed"));
  const auto record = boost::json::parse(File("again.json"));
  EXPECT_NE(record.at("job").as_string(), boost::json::string_view(id_));
  std::set<std::string> cases;
  ASSERT_EQ(record.at("shards").as_array().size(), 2u);
  for (const auto& shard : record.at("shards").as_array()) {
    for (const auto& result : shard.at("cases").as_array()) cases.emplace(result.at("case_id").as_string());
  }
  EXPECT_EQ(cases, (std::set<std::string>{"late/qui.t [wanted=never]", "late/qui.t [wanted=not at all]"}));
}

TEST_F(StoredRun, RunsAgainAsAWholeAndRefusesWhenNothingFailed) {
  const Finished passing =
      fleet_.Run({"run", suite_, "--var", "target=" + target_.ws_url(), "--grep", "quirt", "--detach"});
  ASSERT_EQ(passing.exit_code, 0) << passing.err;
  const std::string id = passing.out.substr(0, passing.out.find('\n'));
  ASSERT_EQ(fleet_.Run({"runs", "wait", id}).exit_code, 0);
  const Finished failed = fleet_.Run({"runs", "rerun", id, "--failed"});
  EXPECT_EQ(failed.exit_code, 2);
  EXPECT_THAT(failed.err, HasSubstr("nothing to run again"));
  EXPECT_THAT(fleet_.Run({"runs", "rerun", id, "--detach", "-o", "json"}).out,
              AllOf(HasSubstr("{\"job\":\"r-"), HasSubstr(",\"attached\":false}\n")));
  const Finished whole = fleet_.Run({"runs", "rerun", id});
  EXPECT_EQ(whole.exit_code, 0) << whole.out << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("1 case × 2 regions"));
}

}  // namespace
}  // namespace wsfleet::testing
