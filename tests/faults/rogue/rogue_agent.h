#pragma once

#include <cstdint>
#include <string>

#include "tests/faults/rogue/raw_call.h"
#include "tests/faults/rogue/rogue_fleet.h"
#include "wsfleet/v1/agent_session.pb.h"

namespace wsfleet::testing {

// An agent that has its certificate by right, and says on its stream whatever it likes.
class RogueAgent {
 public:
  explicit RogueAgent(RogueFleet& fleet)
      : fleet_(fleet), call_(fleet.AgentChannel(), "/wsfleet.v1.AgentSession/Session") {}
  // Ends the runs that it was given a part of.
  ~RogueAgent();

  RogueFleet& fleet() { return fleet_; }

  // As its certificate says.
  v1::Hello Hello() const;
  bool Say(const v1::Hello& hello);
  // Hello, and the welcome is awaited.
  void BeginSession();
  // Of a session that has begun: it is given a shard of a run.
  v1::Assignment TakeShard();

  bool Send(const v1::AgentMessage& message) { return call_.Write(message); }
  bool SendBytes(const std::string& bytes) { return call_.Write(bytes); }
  // The next message of this kind; one without a kind: the stream is over.
  v1::CoordinatorMessage Await(v1::CoordinatorMessage::KindCase kind);
  // Reports a result, and what became of it.
  v1::Disposition Report(const v1::ResultBatch& batch);

  // The coordinator still answers on this stream.
  bool IsHeard();
  grpc::Status Finish() { return call_.Finish(); }
  const std::string& run() const { return run_; }

 private:
  RogueFleet& fleet_;
  RawCall call_;
  std::string run_;  // that it has a shard of
  std::uint64_t heartbeats_ = 0;
};

// A result of one case of the assignment, by its number in the plan; failed, so that one that counts is noticed.
v1::ResultBatch BatchOf(const v1::Assignment& assignment, std::uint64_t seq, int round = 1);

}  // namespace wsfleet::testing
