#include "tests/faults/rogue/rogue_agent.h"

#include "fmt/format.h"

namespace wsfleet::testing {

RogueAgent::~RogueAgent() {
  if (!run_.empty()) fleet_.fleet().Run({"runs", "cancel", run_});
}

v1::Hello RogueAgent::Hello() const {
  v1::Hello hello;
  hello.set_agent(RogueFleet::kRogue);
  hello.set_region("us-east-1");
  hello.set_boot("00ff");
  hello.set_fleet("default");
  hello.mutable_capacity()->set_shards(4);
  hello.mutable_capacity()->set_sessions(100);
  hello.set_language_minor(100);
  hello.set_agent_version("0.1.0");
  hello.set_vantage("nowhere");
  return hello;
}

bool RogueAgent::Say(const v1::Hello& hello) {
  v1::AgentMessage message;
  *message.mutable_hello() = hello;
  return Send(message);
}

void RogueAgent::BeginSession() {
  Say(Hello());
  Await(v1::CoordinatorMessage::kWelcome);
}

v1::Assignment RogueAgent::TakeShard() {
  run_ = fleet_.SubmitDetached("us-east-1");
  return Await(v1::CoordinatorMessage::kAssignment).assignment();
}

v1::CoordinatorMessage RogueAgent::Await(v1::CoordinatorMessage::KindCase kind) {
  while (const auto bytes = call_.Read()) {
    v1::CoordinatorMessage message;
    if (message.ParseFromString(*bytes) && message.kind_case() == kind) return message;
  }
  return {};
}

v1::Disposition RogueAgent::Report(const v1::ResultBatch& batch) {
  v1::AgentMessage message;
  *message.mutable_results() = batch;
  Send(message);
  const v1::CoordinatorMessage reply = Await(v1::CoordinatorMessage::kResultAcks);
  return reply.result_acks().acks().empty() ? v1::DISPOSITION_UNSPECIFIED : reply.result_acks().acks(0).disposition();
}

bool RogueAgent::IsHeard() {
  v1::AgentMessage message;
  message.mutable_heartbeat()->set_number(++heartbeats_);
  if (!Send(message)) return false;
  return Await(v1::CoordinatorMessage::kHeartbeatReply).has_heartbeat_reply();
}

v1::ResultBatch BatchOf(const v1::Assignment& assignment, std::uint64_t seq, int round) {
  v1::ResultBatch batch;
  batch.set_lease(assignment.lease());
  batch.set_job(assignment.job());
  batch.set_shard(assignment.shard());
  batch.set_attempt(assignment.attempt());
  batch.set_seq(seq);
  v1::CaseResult& result = *batch.add_results();
  result.set_case_id(fmt::format("honest/health [round={}]", round));
  result.set_outcome(v1::OUTCOME_FAILED);
  result.mutable_failure()->set_phase(v1::PHASE_HTTP);
  result.mutable_failure()->set_failure_class(v1::FAILURE_CLASS_HTTP_STATUS);
  result.mutable_failure()->set_message("invented");
  return batch;
}

}  // namespace wsfleet::testing
