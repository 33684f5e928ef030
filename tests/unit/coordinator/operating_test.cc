#include <algorithm>
#include <memory>
#include <string>

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/convert.h"
#include "tests/support/child_process.h"
#include "tests/unit/coordinator/coordinator_fixture.h"

// What an operator does with a fleet, over the wire.
namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class OperatingTest : public CoordinatorTest {
 protected:
  std::pair<grpc::Status, v1::ListAgentsReply> Drain(const std::string& agent, bool undo = false) {
    v1::DrainAgentsRequest request;
    if (!agent.empty()) request.add_agents(agent);
    request.set_undo(undo);
    v1::ListAgentsReply reply;
    const grpc::Status status = fleets_->DrainAgents(Context().get(), request, &reply);
    return {status, reply};
  }
  grpc::Status Create(const std::string& fleet) {
    v1::CreateFleetRequest request;
    request.set_fleet(fleet);
    v1::CreateFleetReply reply;
    return fleets_->CreateFleet(Context().get(), request, &reply);
  }
  grpc::StatusCode Fetch(const std::string& digest, const std::string& agent) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::FetchBundleRequest request;
    request.set_digest(digest);
    request.set_agent(agent);
    const auto reader = v1::AgentSession::NewStub(agents_)->FetchBundle(&context, request);
    for (v1::BundleChunk chunk; reader->Read(&chunk);) {
    }
    return reader->Finish().error_code();
  }
};

TEST_F(OperatingTest, DrainsAnAgentAndTellsItAgainAfterARestart) {
  {
    ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
    agent.SayHello();
    const auto [status, reply] = Drain("eu-1");
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_THAT(reply.agents(), SizeIs(1));
    EXPECT_EQ(reply.agents(0).state(), v1::AGENT_STATE_DRAINED);
    EXPECT_TRUE(reply.agents(0).drained());
    EXPECT_FALSE(agent.Await(v1::CoordinatorMessage::kDrain).drain().undone());
  }
  Restart();
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  agent.SayHello();
  EXPECT_FALSE(agent.Await(v1::CoordinatorMessage::kDrain).drain().undone());
  v1::AgentMessage heartbeat;
  heartbeat.mutable_heartbeat()->set_number(1);
  agent.Send(heartbeat);
  EXPECT_TRUE(agent.Await(v1::CoordinatorMessage::kHeartbeatReply).heartbeat_reply().drain());
  const auto [status, reply] = Drain("eu-1", true);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(reply.agents(0).state(), v1::AGENT_STATE_CONNECTED);
  EXPECT_TRUE(agent.Await(v1::CoordinatorMessage::kDrain).drain().undone());
}

TEST_F(OperatingTest, RefusesToDrainNobody) {
  EXPECT_EQ(Drain("").first.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const grpc::Status unknown = Drain("eu-9").first;
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(unknown.error_message(), HasSubstr("no agent \"eu-9\""));
}

TEST_F(OperatingTest, GivesABundleToWhoHasALeaseOnIt) {
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  agent.SayHello();
  ScriptedAgent other(agents_, "us-1", "us-east-1");
  other.SayHello();
  Submit();
  const v1::Assignment assignment = agent.Await(v1::CoordinatorMessage::kAssignment).assignment();
  const std::string& digest = assignment.bundle().digest();
  EXPECT_EQ(Fetch(digest, "eu-1"), grpc::StatusCode::OK);
  EXPECT_EQ(Fetch(digest, "us-1"), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Fetch(digest, ""), grpc::StatusCode::OK) << "agents of an earlier version do not say who they are";
  EXPECT_EQ(Fetch("00ff", "eu-1"), grpc::StatusCode::PERMISSION_DENIED);
  agent.Complete(assignment, "gate/health");
  EXPECT_EQ(Fetch(digest, "eu-1"), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Fetch(digest, ""), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(OperatingTest, StopsAFleetAndTellsItsAgentsAgainAfterARestart) {
  v1::StopFleetRequest request;
  v1::StopFleetReply reply;
  EXPECT_EQ(fleets_->StopFleet(Context().get(), request, &reply).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_reason(std::string(257, 'x'));
  EXPECT_EQ(fleets_->StopFleet(Context().get(), request, &reply).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_reason("runaway load");
  {
    ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
    agent.SayHello();
    ASSERT_TRUE(fleets_->StopFleet(Context().get(), request, &reply).ok());
    const v1::Stop stop = agent.Await(v1::CoordinatorMessage::kStop).stop();
    EXPECT_FALSE(stop.undone());
    EXPECT_THAT(stop.reason(), HasSubstr("runaway load"));
  }
  EXPECT_EQ(Submit().first.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  Restart();
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  agent.SayHello();
  EXPECT_FALSE(agent.Await(v1::CoordinatorMessage::kStop).stop().undone());
  v1::AgentMessage beat;
  beat.mutable_heartbeat()->set_number(1);
  agent.Send(beat);
  EXPECT_TRUE(agent.Await(v1::CoordinatorMessage::kHeartbeatReply).heartbeat_reply().stopped());
  v1::ListFleetsReply fleets;
  ASSERT_TRUE(fleets_->ListFleets(Context().get(), {}, &fleets).ok());
  EXPECT_EQ(fleets.fleets(0).stop().reason(), "runaway load");
  EXPECT_NE(fleets.fleets(0).stop().by(), "");
  v1::ResumeFleetReply resumed;
  ASSERT_TRUE(fleets_->ResumeFleet(Context().get(), {}, &resumed).ok());
  EXPECT_TRUE(agent.Await(v1::CoordinatorMessage::kStop).stop().undone());
  EXPECT_TRUE(Submit().first.ok());
}

TEST_F(OperatingTest, MakesFleetsThatRunAtOnce) {
  ASSERT_TRUE(Create("blue").ok());
  EXPECT_EQ(Create("blue").error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(Create("no spaces").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto submit = [&] { return Submit("", [](v1::SubmitHeader& header) { header.set_fleet("blue"); }).first; };
  // Until it is claimed, one is told to try again.
  grpc::Status status = submit();
  EXPECT_TRUE(testing::WaitUntil([&] {
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) status = submit();
    return status.ok();
  })) << status.error_message();
  v1::ListFleetsReply reply;
  ASSERT_TRUE(fleets_->ListFleets(Context().get(), {}, &reply).ok());
  ASSERT_THAT(reply.fleets(), SizeIs(2));
  EXPECT_EQ(reply.fleets(0).fleet(), "blue");
  EXPECT_EQ(reply.fleets(0).open_jobs(), 1U);
  EXPECT_EQ(reply.fleets(1).fleet(), "default");
  EXPECT_EQ(reply.fleets(1).open_jobs(), 0U);
  EXPECT_NE(reply.fleets(1).owner(), "");
}

TEST_F(OperatingTest, RemovesRunsThatAreNotKeptAndFreesTheirKeys) {
  options_.retention.keep = absl::Seconds(1);
  Restart();
  const std::string job = Submit("nightly").second.job();
  v1::CancelJobRequest request;
  request.set_job(job);
  v1::Job reply;
  ASSERT_TRUE(jobs_->Cancel(Context().get(), request, &reply).ok());
  ASSERT_TRUE(testing::WaitUntil([&] { return Get(job).first.error_code() == grpc::StatusCode::NOT_FOUND; }));
  EXPECT_THAT(Get(job).first.error_message(), HasSubstr("--keep"));
  // Whoever followed it and lost the connection.
  EXPECT_EQ(Watch(job, 1).first.error_code(), grpc::StatusCode::NOT_FOUND);
  const auto again = Submit("nightly");
  ASSERT_TRUE(again.first.ok()) << again.first.error_message();
  EXPECT_FALSE(again.second.attached());
  EXPECT_NE(again.second.job(), job);
}

}  // namespace
}  // namespace wsfleet::coordinator
