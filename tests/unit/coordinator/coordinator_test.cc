#include "coordinator/coordinator.h"

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"
#include "tests/unit/coordinator/coordinator_fixture.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ReadWholeFile;
using ::testing::SizeIs;

TEST_F(CoordinatorTest, TakesARunFromItsSubmitToItsVerdict) {
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  EXPECT_EQ(agent.SayHello().session_epoch(), 1U);
  const auto [status, reply] = Submit();
  ASSERT_TRUE(status.ok()) << status.error_message();

  const v1::Assignment assignment = agent.Await(v1::CoordinatorMessage::kAssignment).assignment();
  EXPECT_EQ(assignment.job(), reply.job());
  EXPECT_EQ(assignment.secrets().at("JWT_KEY"), "canary-4711");
  EXPECT_EQ(agent.Fetch(assignment.bundle().digest()), wire::CanonicalForm(BundleOf(kGoodSuite)));
  EXPECT_EQ(agent.Complete(assignment, "gate/health"), v1::DISPOSITION_COUNTED);

  const auto [watched, events] = Watch(reply.job());
  ASSERT_TRUE(watched.ok()) << watched.error_message();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().job().state(), v1::JOB_STATE_PASSED);
  EXPECT_EQ(events.back().job().verdict(), "passed");
  std::size_t results = 0;
  for (const v1::JobEvent& event : events) {
    if (!event.has_result()) continue;
    ++results;
    EXPECT_EQ(event.result().region(), "eu-west-1");
    EXPECT_EQ(event.result().result().case_id(), "gate/health");
  }
  EXPECT_EQ(results, 1U);
}

TEST_F(CoordinatorTest, EndsALiveWatchWithTheVerdictAfterTheLastResult) {
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  agent.SayHello();
  const std::string job = Submit().second.job();
  v1::WatchJobRequest request;
  request.set_job(job);
  const auto context = Context();
  const auto reader = jobs_->Watch(context.get(), request);
  const v1::Assignment assignment = agent.Await(v1::CoordinatorMessage::kAssignment).assignment();

  v1::AgentMessage progress;
  progress.mutable_progress()->set_lease(assignment.lease());
  progress.mutable_progress()->set_case_id("gate/health");
  progress.mutable_progress()->set_step("http");
  v1::JobEvent event;
  ASSERT_TRUE(reader->Read(&event));  // the watch is there
  agent.Send(progress);
  while (!event.has_progress() && reader->Read(&event)) {
  }
  EXPECT_EQ(event.progress().step(), "http");
  agent.Complete(assignment, "gate/health");
  bool saw_result = false;
  while (reader->Read(&event)) saw_result = saw_result || event.has_result();
  EXPECT_TRUE(saw_result);
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(event.job().state(), v1::JOB_STATE_PASSED);
}

TEST_F(CoordinatorTest, AttachesToTheRunOfAKeyAndRefusesAnother) {
  const auto first = Submit("nightly");
  const auto again = Submit("nightly");
  ASSERT_TRUE(first.first.ok() && again.first.ok());
  EXPECT_FALSE(first.second.attached());
  EXPECT_TRUE(again.second.attached());
  EXPECT_EQ(again.second.job(), first.second.job());
  const auto other =
      Submit("nightly", [](v1::SubmitHeader& header) { header.mutable_selection()->set_grep("health"); });
  EXPECT_EQ(other.first.error_code(), grpc::StatusCode::ALREADY_EXISTS);
}

TEST_F(CoordinatorTest, CountsAResentBatchOnce) {
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  agent.SayHello();
  const std::string job = Submit().second.job();
  const v1::Assignment assignment = agent.Await(v1::CoordinatorMessage::kAssignment).assignment();
  EXPECT_EQ(agent.Report(assignment, "gate/health", 1), v1::DISPOSITION_COUNTED);
  EXPECT_EQ(agent.Report(assignment, "gate/health", 1), v1::DISPOSITION_DUPLICATE);
  EXPECT_EQ(agent.Report(assignment, "gate/health", 2), v1::DISPOSITION_DUPLICATE);

  v1::JobResultsRequest request;
  request.set_job(job);
  const auto context = Context();
  const auto reader = jobs_->Results(context.get(), request);
  std::size_t results = 0;
  for (v1::ShardCaseResult result; reader->Read(&result);) ++results;
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(results, 1U);
}

TEST_F(CoordinatorTest, FinishesARunThatARestartInterrupted) {
  std::string job;
  v1::Assignment assignment;
  {
    ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
    agent.SayHello();
    job = Submit().second.job();
    assignment = agent.Await(v1::CoordinatorMessage::kAssignment).assignment();
  }
  Restart();
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  v1::HeldLease* held = agent.hello().add_held();
  held->set_lease(assignment.lease());
  held->set_job(assignment.job());
  held->set_shard(assignment.shard());
  const v1::Welcome welcome = agent.SayHello();
  EXPECT_EQ(welcome.session_epoch(), 2U);
  ASSERT_THAT(welcome.current_leases(), SizeIs(1));
  EXPECT_EQ(welcome.current_leases(0), assignment.lease());
  agent.Complete(assignment, "gate/health");
  EXPECT_EQ(Watch(job).second.back().job().state(), v1::JOB_STATE_PASSED);
}

TEST_F(CoordinatorTest, PushesACancelToTheAgentAndRepeatsTheAnswerForAnEndedRun) {
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  agent.SayHello();
  v1::CancelJobRequest request;
  request.set_job(Submit().second.job());
  request.set_reason("not needed any more");
  const v1::Assignment assignment = agent.Await(v1::CoordinatorMessage::kAssignment).assignment();
  v1::Job reply;
  ASSERT_TRUE(jobs_->Cancel(Context().get(), request, &reply).ok());
  EXPECT_TRUE(reply.cancel_requested());
  EXPECT_EQ(agent.Await(v1::CoordinatorMessage::kCancel).cancel().lease(), assignment.lease());

  v1::AgentMessage message;
  message.mutable_shard_done()->set_lease(assignment.lease());
  message.mutable_shard_done()->set_job(assignment.job());
  message.mutable_shard_done()->set_shard(assignment.shard());
  message.mutable_shard_done()->set_attempt(assignment.attempt());
  message.mutable_shard_done()->set_end(v1::SHARD_END_CANCELLED);
  agent.Send(message);
  EXPECT_EQ(Watch(request.job()).second.back().job().state(), v1::JOB_STATE_CANCELLED);
  ASSERT_TRUE(jobs_->Cancel(Context().get(), request, &reply).ok());
  EXPECT_EQ(reply.state(), v1::JOB_STATE_CANCELLED);
  request.set_job("r-NOBODY");
  EXPECT_EQ(jobs_->Cancel(Context().get(), request, &reply).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(CoordinatorTest, FencesTheOlderStreamOfAnAgent) {
  ScriptedAgent older(agents_, "eu-1", "eu-west-1");
  older.SayHello();
  ScriptedAgent newer(agents_, "eu-1", "eu-west-1");
  EXPECT_EQ(newer.SayHello().session_epoch(), 2U);
  EXPECT_EQ(older.Finish().error_code(), grpc::StatusCode::ABORTED);
}

TEST_F(CoordinatorTest, AnswersHeartbeatsAndListsTheAgentWithItsClock) {
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  const v1::Welcome welcome = agent.SayHello();
  EXPECT_LE(wire::FromWire(welcome.heartbeat_interval()) * 3, wire::FromWire(welcome.lease_time()));
  v1::AgentMessage message;
  v1::Heartbeat* heartbeat = message.mutable_heartbeat();
  heartbeat->set_number(1);
  heartbeat->mutable_health()->set_open_sockets(7);
  const absl::Time now = absl::Now();
  *heartbeat->mutable_clock()->mutable_agent_sent() = wire::ToWire(now + absl::Hours(1));
  *heartbeat->mutable_clock()->mutable_coordinator_received() = wire::ToWire(now);
  *heartbeat->mutable_clock()->mutable_coordinator_sent() = wire::ToWire(now);
  *heartbeat->mutable_clock()->mutable_agent_received() = wire::ToWire(now + absl::Hours(1));
  agent.Send(message);
  const auto heard = agent.Await(v1::CoordinatorMessage::kHeartbeatReply).heartbeat_reply();
  EXPECT_EQ(heard.number(), 1U);
  EXPECT_LE(wire::FromWire(heard.received()), wire::FromWire(heard.sent()));

  v1::ListAgentsReply reply;
  ASSERT_TRUE(fleets_->ListAgents(Context().get(), {}, &reply).ok());
  ASSERT_THAT(reply.agents(), SizeIs(1));
  EXPECT_EQ(reply.agents(0).agent(), "eu-1");
  EXPECT_EQ(reply.agents(0).state(), v1::AGENT_STATE_CONNECTED);
  EXPECT_EQ(reply.agents(0).health().open_sockets(), 7U);
  EXPECT_EQ(wire::FromWire(reply.agents(0).clock_offset()), absl::Hours(1));
}

TEST_F(CoordinatorTest, EndsTheStreamOfAnAgentThatNeverReadsAndServesTheOthers) {
  ScriptedAgent deaf(agents_, "eu-1", "eu-west-1");
  deaf.SayHello();
  v1::AgentMessage message;
  bool ended = false;
  for (std::uint64_t number = 1; !ended && number < 500'000; ++number) {
    message.mutable_heartbeat()->set_number(number);
    ended = !deaf.Send(message);
  }
  EXPECT_TRUE(ended);
  ScriptedAgent other(agents_, "us-1", "us-east-1");
  EXPECT_EQ(other.SayHello().session_epoch(), 1u);
  EXPECT_EQ(deaf.Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(CoordinatorTest, RefusesAgentsThatBreakTheProtocol) {
  ScriptedAgent other_fleet(agents_, "eu-1", "eu-west-1");
  other_fleet.hello().set_fleet("blue");
  other_fleet.SayHello();
  const grpc::Status refused = other_fleet.Finish();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(refused.error_message(), HasSubstr("no fleet \"blue\"; there is \"default\""));

  ScriptedAgent no_hello(agents_, "eu-2", "eu-west-1");
  v1::AgentMessage heartbeat;
  heartbeat.mutable_heartbeat()->set_number(1);
  no_hello.Send(heartbeat);
  EXPECT_EQ(no_hello.Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(CoordinatorTest, RefusesClientsWithoutTheToken) {
  for (const std::string& header : {std::string(), std::string("Bearer wrong")}) {
    grpc::ClientContext context;
    SetDeadline(context);
    if (!header.empty()) context.AddMetadata("authorization", header);
    v1::VersionReply reply;
    EXPECT_EQ(fleets_->Version(&context, {}, &reply).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  }
  v1::VersionReply reply;
  EXPECT_TRUE(fleets_->Version(Context().get(), {}, &reply).ok());
}

TEST_F(CoordinatorTest, RefusesAgentsWithoutACertificate) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ReadWholeFile(files_.ca);
  ScriptedAgent agent(grpc::CreateChannel(coordinator_->agent_address(), grpc::SslCredentials(tls)), "eu-1",
                      "eu-west-1");
  agent.SayHello();
  EXPECT_EQ(agent.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(CoordinatorTest, SaysThatARunIsNotThere) {
  EXPECT_EQ(Get("r-NOBODY").first.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Watch("r-NOBODY").first.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(CoordinatorTest, ListsRunsByPages) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Submit().first.ok());
  v1::ListJobsRequest request;
  request.set_page_size(2);
  v1::ListJobsReply first, second;
  ASSERT_TRUE(jobs_->List(Context().get(), request, &first).ok());
  request.set_page_token(first.next_page_token());
  ASSERT_TRUE(jobs_->List(Context().get(), request, &second).ok());
  EXPECT_THAT(first.jobs(), SizeIs(2));
  EXPECT_THAT(second.jobs(), SizeIs(1));
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(CoordinatorTest, SaysSoIfItsPortIsTaken) {
  CoordinatorOptions options = options_;
  options.store = ":memory:";
  options.agent_listen = coordinator_->agent_address();
  const auto second = Coordinator::Start(options, OpenStore(options.store).value());
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status()));
  EXPECT_THAT(std::string(ToStd(second.status().message())),
              HasSubstr("cannot listen on " + options.agent_listen + " (--agent-listen): Address already in use; "));
}

TEST_F(CoordinatorTest, StopsWhileAgentsAndWatchersAreConnected) {
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  agent.SayHello();
  v1::WatchJobRequest request;
  request.set_job(Submit().second.job());
  const auto context = Context();
  const auto reader = jobs_->Watch(context.get(), request);
  v1::JobEvent event;
  ASSERT_TRUE(reader->Read(&event));
  coordinator_->Stop();
  while (reader->Read(&event)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(agent.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(HeartbeatInterval, LeavesRoomForThreeInALease) {
  EXPECT_EQ(HeartbeatInterval(absl::Seconds(90), 20'000), absl::Seconds(10));
  EXPECT_EQ(HeartbeatInterval(absl::Seconds(30), 20'000), absl::Seconds(5));
  EXPECT_EQ(HeartbeatInterval(absl::Seconds(4), 20'000), absl::Seconds(1));
  EXPECT_EQ(HeartbeatInterval(absl::Milliseconds(1500), 20'000), absl::Milliseconds(500));
  EXPECT_EQ(HeartbeatInterval(absl::Seconds(4), 1), absl::Seconds(1));
}

TEST(HeartbeatInterval, GrowsWithTheFleet) {
  EXPECT_EQ(HeartbeatInterval(absl::Seconds(90), 0), absl::Seconds(2));
  EXPECT_EQ(HeartbeatInterval(absl::Seconds(90), 1'000), absl::Seconds(2));
  EXPECT_EQ(HeartbeatInterval(absl::Seconds(90), 3'000), absl::Seconds(6));
  EXPECT_EQ(HeartbeatInterval(absl::Seconds(90), 5'000), absl::Seconds(10));
}

TEST_F(CoordinatorTest, ListsAgentsByPages) {
  std::list<ScriptedAgent> agents;
  for (const char* id : {"b-2", "a-1", "b-1", "a-3", "a-2"}) {
    agents.emplace_back(agents_, id, id[0] == 'a' ? "eu-west-1" : "us-east-1").SayHello();
  }
  v1::ListAgentsRequest request;
  request.set_page_size(2);
  std::vector<std::string> found;
  std::size_t pages = 0;
  do {
    v1::ListAgentsReply reply;
    ASSERT_TRUE(fleets_->ListAgents(Context().get(), request, &reply).ok());
    for (const v1::Agent& agent : reply.agents()) found.push_back(agent.agent());
    request.set_page_token(reply.next_page_token());
    ++pages;
  } while (!request.page_token().empty() && pages < 9);
  EXPECT_THAT(found, ElementsAre("a-1", "a-2", "a-3", "b-1", "b-2"));
  EXPECT_EQ(pages, 3U);
  v1::ListAgentsReply all;
  ASSERT_TRUE(fleets_->ListAgents(Context().get(), {}, &all).ok());
  EXPECT_THAT(all.agents(), SizeIs(5));
}

}  // namespace
}  // namespace wsfleet::coordinator
