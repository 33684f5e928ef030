#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/agent_metrics.h"
#include "agent/bundle_source.h"
#include "agent/engine/engine.h"
#include "agent/health.h"
#include "agent/persistence.h"
#include "agent/session_stream.h"
#include "agent/shard_table.h"
#include "agent/spool.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "core/base/clock_offset.h"
#include "secrets/secret_sources.h"

namespace wsfleet::agent {

struct AgentOptions {
  engine::AgentFacts facts;
  FleetName fleet{"default"};
  std::string vantage;  // host name: agents of one host are one observation
  std::uint32_t max_shards = 4;
  std::uint32_t max_sessions = 10'000;
  std::optional<TargetPolicy> target_policy;       // of this agent, beside the fleet's
  std::string name_servers;                        // see engine::EngineOptions
  absl::Duration drain_limit = absl::Seconds(60);  // in a drain shards may go on for so long
  std::size_t spool_bytes = 64 << 20;
  std::string spool_directory;  // empty: in memory only
  // What to look at when no coordinator could be reached; may be absent, and give nothing.
  std::function<std::string(const absl::Status&)> advice;
  monitoring::Metrics* metrics = nullptr;        // where it counts; null: nowhere. Outlives the agent.
  std::shared_ptr<const SecretSources> secrets;  // that its operator keeps for runs; null: none
};

// An agent: keeps a session with the coordinator, and runs what it is assigned. Everything runs on the strand, an
// io_context that one thread runs, and that must outlive the agent.
class Agent {
 public:
  // Both are called on the strand.
  struct Handlers {
    std::function<void()> on_session;  // each time that a session has begun
    // Once, with the exit code: 0 after a drain, 1 when another process of the same name has taken over, the
    // coordinator refuses this agent for good, or its certificate was lost.
    std::function<void(int)> on_stopped;
  };
  Agent(boost::asio::io_context& strand, AgentOptions options, Endpoints endpoints, Handlers handlers);
  ~Agent();

  // FAILED_PRECONDITION: the spool's directory cannot be used.
  absl::Status Start();

  // Brings its gauges up to date, then answers with why it cannot be given work; nothing: it can. On the strand.
  std::vector<std::string> Report();

  // Its process is to end: takes nothing new, lets what runs end within drain_limit, gives the rest back, and stops.
  void Drain();

  // Connections that are made from now on show another certificate; those that there are go on.
  void OnNewCertificate() { endpoints_.RedialAll(); }
  // It will get no further connection: as Drain(), but with exit code 1.
  void OnCertificateLost(const absl::Status& why);
  // Where its session is, or is looked for.
  const std::string& coordinator() const { return endpoints_.address(); }

 private:
  void Connect();
  void OnMessage(v1::CoordinatorMessage message);
  void OnClosed(const absl::Status& status);
  void OnWelcome(const v1::Welcome& welcome);
  void OnHeartbeatReply(const v1::HeartbeatReply& reply);
  // What its sending time and its place among the others say.
  void RenewBy(const v1::HeartbeatReply& reply);
  void OnResultAcks(const v1::ResultAcks& acks);
  void Beat();
  void SendHeartbeat();
  // Nothing that was reported leaves for so long: the coordinator is busy giving leases to others.
  void KeepBack(absl::Duration report_after);
  bool keeps_back() const;
  void SendSpooled();
  void UpdateHold();
  void Send(v1::AgentMessage message);
  void WatchLeases();
  // An operator wants it to take nothing new. It gets nothing, and does as in a drain, but does not stop.
  void SetDrained(bool drained);
  // The fleet's kill switch: what it works on ends at once. It gets nothing until this is undone.
  void SetStopped(bool stopped, std::string_view reason);
  void StopIfDrained();
  void Stop(int exit_code);
  void FinishStop();

  boost::asio::io_context& strand_;
  AgentOptions options_;
  Endpoints endpoints_;
  Handlers handlers_;
  BootId boot_;
  HealthMeter health_;
  AgentMetrics metrics_;
  Spool spool_;
  BundleSource bundles_;
  engine::Engine engine_;
  ShardTable shards_;

  std::shared_ptr<SessionStream> stream_;
  bool welcomed_ = false;
  std::string why_no_session_ = "the first one is under way";
  bool redirected_ = false;  // to where the next stream goes
  std::uint32_t credits_ = 1;
  absl::Duration lease_time_;
  absl::Duration heartbeat_interval_;
  SteadyTime lease_base_;  // when the newest acknowledged hello or heartbeat was sent
  SteadyTime heard_of_;    // when the newest message came
  SteadyTime report_from_;
  struct SentHeartbeat {
    std::uint64_t number = 0;
    SteadyTime at;
    absl::Time wall;
    std::vector<LeaseId> leases;
  };
  std::deque<SentHeartbeat> unanswered_;
  std::uint64_t heartbeat_number_ = 0;
  std::optional<v1::ClockSample> clock_sample_;
  ClockOffset clock_offset_;

  Persistence persistence_;
  boost::asio::steady_timer patience_timer_;
  boost::asio::steady_timer reconnect_timer_;
  boost::asio::steady_timer heartbeat_timer_;
  boost::asio::steady_timer lease_timer_;
  boost::asio::steady_timer report_timer_;
  boost::asio::steady_timer drain_timer_;
  bool draining_ = false;  // and then stops, with drain_exit_code_
  int drain_exit_code_ = 0;
  bool drained_ = false;  // by an operator
  bool stopped_ = false;  // with its fleet
  bool holding_ = false;
  std::optional<int> exit_code_;  // set: stopping
};

}  // namespace wsfleet::agent
