#include "tests/faults/rogue/rogue_agent.h"

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/faulty_run.h"

// What an agent can do to a fleet that has its certificate by right: the table says what, and what the coordinator
// answers. Whatever it is, the coordinator goes on, within its memory, and an honest agent's run beside it passes.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;

struct Misdeed {
  std::string name;
  std::function<void(RogueAgent&)> commit;
  grpc::StatusCode ends_with;  // OK: the stream goes on
  std::string says = {};
};
void PrintTo(const Misdeed& misdeed, std::ostream* out) { *out << misdeed.name; }

// --- before the session ---------------------------------------------------------------------------------------------

void SayWrong(RogueAgent& agent, const std::function<void(v1::Hello&)>& change) {
  v1::Hello hello = agent.Hello();
  change(hello);
  agent.Say(hello);
}

void SkipHello(RogueAgent& agent) {
  v1::AgentMessage message;
  message.mutable_heartbeat();
  agent.Send(message);
}

void SayHelloTwice(RogueAgent& agent) {
  agent.BeginSession();
  agent.Say(agent.Hello());
}

void TakeAnothersName(RogueAgent& agent) {
  SayWrong(agent, [](v1::Hello& hello) { hello.set_agent(RogueFleet::kHonest); });
}

void TakeAnotherRegion(RogueAgent& agent) {
  SayWrong(agent, [](v1::Hello& hello) { hello.set_region("eu-west-1"); });
}

void AskForAnotherFleet(RogueAgent& agent) {
  SayWrong(agent, [](v1::Hello& hello) { hello.set_fleet("\x1b[2Jblue\n"); });
}

void SayTooManyLabels(RogueAgent& agent) {
  SayWrong(agent, [](v1::Hello& hello) {
    for (int i = 0; i < 65; ++i) (*hello.mutable_labels())["l" + std::to_string(i)] = "x";
  });
}

void SayALongVantage(RogueAgent& agent) {
  SayWrong(agent, [](v1::Hello& hello) { hello.set_vantage(std::string(100'000, 'v')); });
}

void ClaimToHoldEverything(RogueAgent& agent) {
  SayWrong(agent, [](v1::Hello& hello) {
    for (std::uint64_t lease = 0; lease < 1001; ++lease) hello.add_held()->set_lease(lease);
  });
}

void SayWhatControlsATerminal(RogueAgent& agent) {
  SayWrong(agent, [](v1::Hello& hello) {
    hello.set_vantage(std::string("\x1b[2J\x00\r\nforged line", 18));
    hello.set_agent_version("\x1b]0;owned\x07");
    (*hello.mutable_labels())["\x1b[31m"] = "\xc2\x9b";
  });
}

// --- in bytes -------------------------------------------------------------------------------------------------------

void SendGarbage(RogueAgent& agent) {
  agent.BeginSession();
  agent.SendBytes(std::string(1000, '\xff'));
}

void SendTextThatIsNoUtf8(RogueAgent& agent) {
  agent.BeginSession();
  // AgentMessage{assignment_refused: {reason: "\xff\xfe"}}.
  agent.SendBytes(std::string("\x2a\x04\x12\x02\xff\xfe", 6));
}

void SendMegabytes(RogueAgent& agent) {
  agent.BeginSession();
  v1::AgentMessage message;
  message.mutable_assignment_refused()->set_reason(std::string(5 << 20, 'x'));
  agent.Send(message);
}

void SendWhatNobodyKnows(RogueAgent& agent) {
  agent.BeginSession();
  // Field 99, of a version to come; and a message without any.
  agent.SendBytes(std::string("\x9a\x06\x03new", 6));
  agent.SendBytes("");
}

// --- results --------------------------------------------------------------------------------------------------------

void ReportForAnothersLease(RogueAgent& agent) {
  agent.BeginSession();
  const std::string job = agent.fleet().SubmitDetached("eu-west-1");
  // Numbers of leases rise by one: that of the honest agent is soon found.
  for (std::uint64_t lease = 1; lease < 500; ++lease) {
    v1::AgentMessage message;
    message.mutable_results()->set_lease(lease);
    message.mutable_results()->set_job(job);
    message.mutable_results()->set_shard(1);
    if (!agent.Send(message)) return;
  }
  for (int i = 0; i < 100 && agent.IsHeard(); ++i) {
  }
}

void ReportUnderALeaseThatIsMadeUp(RogueAgent& agent) {
  agent.BeginSession();
  v1::ResultBatch batch = BatchOf(agent.TakeShard(), 1);
  batch.set_lease(1'000'000);
  EXPECT_EQ(agent.Report(batch), v1::DISPOSITION_FENCED);
  batch.set_job("r-NOBODY");
  EXPECT_EQ(agent.Report(batch), v1::DISPOSITION_LATE);
}

void ReportForAnEarlierAttemptOfAnother(RogueAgent& agent) {
  agent.BeginSession();
  RogueFleet& fleet = agent.fleet();
  FaultyRun run(fleet.fleet(), 6);
  run.Start({"--from", "eu-west-1", "--agents-wait", "30s"});
  ASSERT_TRUE(run.AwaitBegun(1)) << run.output();
  const std::string id = run.id();
  fleet.RestartHonest();
  ASSERT_TRUE(run.AwaitOutput("attempt 2 on")) << run.output();
  v1::ResultBatch batch;
  batch.set_job(id);
  batch.set_shard(1);
  batch.set_attempt(1);
  for (std::uint64_t lease = 0; lease < 3; ++lease) {
    batch.set_lease(1'000'000 + lease);
    batch.set_seq(1000 + lease);
    batch.clear_results();
    v1::CaseResult& result = *batch.add_results();
    result.set_case_id("slow/echo [round=6]");
    result.set_outcome(v1::OUTCOME_PASSED);
    EXPECT_EQ(agent.Report(batch), v1::DISPOSITION_FENCED);
  }
  EXPECT_EQ(run.Wait(), 0) << run.output();
  run.ExpectEachCaseOnce(1);
}

void ContradictItself(RogueAgent& agent) {
  agent.BeginSession();
  const v1::Assignment assignment = agent.TakeShard();
  v1::ResultBatch batch = BatchOf(assignment, 1);
  batch.mutable_results(0)->set_outcome(v1::OUTCOME_PASSED);
  batch.mutable_results(0)->clear_failure();
  EXPECT_EQ(agent.Report(batch), v1::DISPOSITION_COUNTED);
  v1::AgentMessage message;
  v1::ShardDone& done = *message.mutable_shard_done();
  done.set_lease(assignment.lease());
  done.set_job(assignment.job());
  done.set_shard(assignment.shard());
  done.set_attempt(assignment.attempt());
  done.set_end(v1::SHARD_END_COMPLETED);
  agent.Send(message);
  agent.Await(v1::CoordinatorMessage::kShardDoneAck);
  EXPECT_EQ(agent.fleet().fleet().Run({"runs", "wait", agent.run()}).exit_code, 3);
  const Finished run = agent.fleet().fleet().Run({"runs", "get", agent.run()});
  EXPECT_THAT(run.out, HasSubstr("ended with 0 reported cases, 1 of them were counted"));
}

void NumberItsBatchesAsItLikes(RogueAgent& agent) {
  agent.BeginSession();
  const v1::Assignment assignment = agent.TakeShard();
  EXPECT_EQ(agent.Report(BatchOf(assignment, UINT64_MAX, 1)), v1::DISPOSITION_COUNTED);
  EXPECT_EQ(agent.Report(BatchOf(assignment, UINT64_MAX, 2)), v1::DISPOSITION_DUPLICATE);
  EXPECT_EQ(agent.Report(BatchOf(assignment, 0, 1)), v1::DISPOSITION_DUPLICATE);
  EXPECT_EQ(agent.Report(BatchOf(assignment, 1ULL << 63, 2)), v1::DISPOSITION_COUNTED);
  EXPECT_EQ(agent.Report(BatchOf(assignment, 1, 2)), v1::DISPOSITION_DUPLICATE);
}

void ReportCasesThatAreNotPlanned(RogueAgent& agent) {
  agent.BeginSession();
  v1::ResultBatch batch = BatchOf(agent.TakeShard(), 1);
  batch.mutable_results(0)->set_case_id("\x1b[2Jghost");
  EXPECT_EQ(agent.Report(batch), v1::DISPOSITION_DUPLICATE);
  const Finished run = agent.fleet().fleet().Run({"runs", "logs", agent.run()});
  EXPECT_THAT(run.out, HasSubstr("not in the plan"));
  EXPECT_EQ(FindControlByte(run.out + run.err), std::nullopt) << run.out << run.err;
}

void RefuseWithWhatControlsATerminal(RogueAgent& agent) {
  agent.BeginSession();
  v1::AgentMessage message;
  message.mutable_assignment_refused()->set_lease(agent.TakeShard().lease());
  message.mutable_assignment_refused()->set_reason(std::string("\x1b[2J\x00\r\nPASSED", 13));
  agent.Send(message);
  std::string shown;
  EXPECT_TRUE(WaitUntil([&] {
    const Finished run = agent.fleet().fleet().Run({"runs", "logs", agent.run()});
    shown = run.out + run.err;
    return shown.find("refused it") != std::string::npos;
  })) << shown;
  EXPECT_EQ(FindControlByte(shown), std::nullopt) << shown;
}

// What is changed in a result that is otherwise in order.
std::function<void(RogueAgent&)> ReportWrong(const std::function<void(v1::ResultBatch&)>& change) {
  return [change](RogueAgent& agent) {
    agent.BeginSession();
    v1::AgentMessage message;
    *message.mutable_results() = BatchOf(agent.TakeShard(), 1);
    change(*message.mutable_results());
    agent.Send(message);
  };
}

void EndInAWayThatNobodyKnows(RogueAgent& agent) {
  agent.BeginSession();
  v1::AgentMessage message;
  message.mutable_shard_done()->set_end(static_cast<v1::ShardEnd>(99));
  agent.Send(message);
}

// --- too much, too little -------------------------------------------------------------------------------------------

void FloodWithHeartbeats(RogueAgent& agent) {
  agent.BeginSession();
  v1::AgentMessage message;
  for (std::uint64_t lease = 1; lease <= 1000; ++lease) message.mutable_heartbeat()->add_leases(1'000'000 + lease);
  for (int i = 0; i < 20'000 && agent.Send(message); ++i) {
  }
}

void FloodWithResults(RogueAgent& agent) {
  agent.BeginSession();
  v1::AgentMessage message;
  *message.mutable_results() = BatchOf(agent.TakeShard(), 1);
  v1::CaseResult& result = *message.mutable_results()->mutable_results(0);
  for (int i = 0; i < 16; ++i) result.add_warnings(std::string(4000, 'w'));
  // Each is new to look at, and none of them counts.
  for (std::uint64_t seq = 1; seq <= 4000 && agent.Send(message); ++seq) message.mutable_results()->set_seq(seq);
}

void HoldTooMuch(RogueAgent& agent) {
  agent.BeginSession();
  v1::AgentMessage message;
  for (std::uint64_t lease = 0; lease <= 1000; ++lease) message.mutable_heartbeat()->add_leases(lease);
  agent.Send(message);
}

void SayNothingMore(RogueAgent& agent) {
  agent.BeginSession();
  agent.TakeShard();
}

std::vector<Misdeed> Misdeeds() {
  using enum grpc::StatusCode;
  return {
      {"SkipsHello", SkipHello, INVALID_ARGUMENT, "the first message of an agent is Hello"},
      {"SaysHelloTwice", SayHelloTwice, INVALID_ARGUMENT, "an agent says Hello once"},
      {"TakesAnothersName", TakeAnothersName, PERMISSION_DENIED, "the agent's certificate is for agent team.rogue"},
      {"TakesAnotherRegion", TakeAnotherRegion, PERMISSION_DENIED, "the agent's certificate is for region us-east-1"},
      {"AsksForAnotherFleet", AskForAnotherFleet, NOT_FOUND, "no fleet "},
      {"SaysTooManyLabels", SayTooManyLabels, INVALID_ARGUMENT, "hello.labels: expected at most 64, found 65"},
      {"SaysALongVantage", SayALongVantage, INVALID_ARGUMENT, "hello.vantage: expected at most 256 bytes"},
      {"ClaimsToHoldEverything", ClaimToHoldEverything, INVALID_ARGUMENT, "hello.held: expected at most 1000"},
      {"SaysWhatControlsATerminal", SayWhatControlsATerminal, OK},
      {"SendsGarbage", SendGarbage, CANCELLED},
      {"SendsTextThatIsNoUtf8", SendTextThatIsNoUtf8, CANCELLED},
      {"SendsMegabytes", SendMegabytes, RESOURCE_EXHAUSTED},
      {"SendsWhatNobodyKnows", SendWhatNobodyKnows, OK},
      {"ReportsForAnothersLease", ReportForAnothersLease, PERMISSION_DENIED, "which is another agent's"},
      {"ReportsUnderALeaseThatIsMadeUp", ReportUnderALeaseThatIsMadeUp, OK},
      {"ReportsForAnEarlierAttemptOfAnother", ReportForAnEarlierAttemptOfAnother, OK},
      {"ContradictsItself", ContradictItself, OK},
      {"NumbersItsBatchesAsItLikes", NumberItsBatchesAsItLikes, OK},
      {"ReportsCasesThatAreNotPlanned", ReportCasesThatAreNotPlanned, OK},
      {"RefusesWithWhatControlsATerminal", RefuseWithWhatControlsATerminal, OK},
      {"ReportsAnUnknownOutcome",
       ReportWrong([](auto& batch) { batch.mutable_results(0)->set_outcome(static_cast<v1::Outcome>(77)); }),
       INVALID_ARGUMENT},
      {"ReportsALongCaseId",
       ReportWrong([](auto& batch) { batch.mutable_results(0)->set_case_id(std::string(5000, 'c')); }),
       INVALID_ARGUMENT},
      {"ReportsMuchEvidence", ReportWrong([](auto& batch) {
         v1::Evidence& evidence = *batch.mutable_results(0)->mutable_failure()->mutable_evidence();
         for (int i = 0; i < 65; ++i) evidence.add_transcript();
       }),
       INVALID_ARGUMENT},
      {"ReportsManyAtOnce", ReportWrong([](auto& batch) {
         for (int i = 0; i < 64; ++i) *batch.add_results() = batch.results(0);
       }),
       INVALID_ARGUMENT, "results.results: expected at most 64, found 65"},
      {"EndsInAWayThatNobodyKnows", EndInAWayThatNobodyKnows, INVALID_ARGUMENT, "shard_done.end: 99"},
      // Row 16 of the faults: it is heard all the time, and reads no answer for 20 s.
      {"Fault16FloodsWithHeartbeatsAndNeverReads", FloodWithHeartbeats, CANCELLED},
      {"FloodsWithResults", FloodWithResults, OK},
      {"HoldsTooMuch", HoldTooMuch, INVALID_ARGUMENT, "heartbeat.leases: expected at most 1000, found 1001"},
      {"SaysNothingMore", SayNothingMore, DEADLINE_EXCEEDED, "nothing was heard for"},
  };
}

class RogueAgents : public ::testing::TestWithParam<Misdeed> {
 protected:
  // One fleet for the whole table: it has to bear all of them, one after the other.
  static void SetUpTestSuite() { fleet_ = new RogueFleet(); }
  static void TearDownTestSuite() { delete std::exchange(fleet_, nullptr); }

  static inline RogueFleet* fleet_ = nullptr;
};

TEST_P(RogueAgents, AreRefusedAndDisturbNobody) {
  const Misdeed& misdeed = GetParam();
  {
    RogueAgent agent(*fleet_);
    misdeed.commit(agent);
    if (misdeed.ends_with == grpc::StatusCode::OK) {
      EXPECT_TRUE(agent.IsHeard()) << agent.Finish().error_message();
    } else {
      const grpc::Status status = agent.Finish();
      EXPECT_EQ(status.error_code(), misdeed.ends_with) << status.error_message();
      EXPECT_THAT(status.error_message(), HasSubstr(misdeed.says));
    }
    fleet_->ExpectHonestRunPasses();
  }
  const Finished agents = fleet_->fleet().Run({"agents", "list", "-o", "wide"});
  EXPECT_EQ(FindControlByte(agents.out + agents.err), std::nullopt) << agents.out;
  fleet_->ExpectWell();
}

INSTANTIATE_TEST_SUITE_P(Table, RogueAgents, ::testing::ValuesIn(Misdeeds()),
                         [](const auto& entry) { return entry.param.name; });

}  // namespace
}  // namespace wsfleet::testing
