#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/bundle_source.h"
#include "agent/channel.h"
#include "agent/endpoints.h"
#include "agent/persistence.h"
#include "agent/session_stream.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "core/base/ids.h"
#include "wsfleet/v1/agent_session.pb.h"

namespace wsfleet::testing {

// An agent as far as the coordinator can tell: a TCP connection of its own, the stream, the messages and the patience
// of the real one, its bundle fetched for each shard; only that nothing is run: every case passes at once. Belongs to
// the strand (an io_context run by one thread).
class SimulatedAgent {
 public:
  struct Settings {
    std::string address;
    agent::ChannelSecurity security;
    FleetName fleet{"default"};
    std::vector<std::string> cases;  // what it reports of each shard
    absl::Duration work;             // how long it takes over each shard
  };

  // What happened to it. Times are those of the machine, not of the coordinator.
  struct Record {
    absl::Time connecting = absl::InfiniteFuture();  // since then
    absl::Time welcomed = absl::InfiniteFuture();    // InfiniteFuture: not connected
    std::uint32_t sessions = 0;
    std::uint32_t broken = 0;  // sessions, and attempts at one, that ended without our doing
    std::string why_broken;    // the last time
    std::uint64_t heartbeats = 0;
    std::uint64_t answered = 0;
    std::uint32_t kept_leases = 0;  // that were held at a reconnect, and current
    std::uint32_t lost_leases = 0;
    std::uint32_t refused = 0;                   // shards whose bundle could not be fetched
    std::map<std::string, absl::Time> assigned;  // by job: when its shard arrived
    std::map<std::string, absl::Time> finished;  // by job: when its shard's end was acknowledged
  };

  SimulatedAgent(boost::asio::io_context& strand, const Settings& settings, const std::string& id,
                 const std::string& region);
  ~SimulatedAgent();

  void Connect();

  // Its connection is gone, and it makes another at once. If the coordinator does not notice, the old one stays open
  // and is not used any more, as if the path had swallowed it.
  void CutOff(bool coordinator_notices);

  // What it has finished is reported when this ends.
  void Hold(bool hold);

  // Ends everything; is_idle() some time later.
  void Stop();
  bool is_idle() const;

  const Record& record() const { return record_; }
  bool is_connected() const { return record_.welcomed != absl::InfiniteFuture(); }

 private:
  // What lies between it and the coordinator: one connection, with what uses it.
  struct Link;
  struct HeldShard {
    v1::Assignment assignment;
    std::unique_ptr<boost::asio::steady_timer> work;  // since it has the bundle
    bool done = false;
    bool reported = false;
  };

  void OnMessage(const v1::CoordinatorMessage& message);
  void OnWelcome(const v1::Welcome& welcome);
  void OnHeartbeatReply(const v1::HeartbeatReply& reply);
  void OnAssignment(const v1::Assignment& assignment);
  void FetchBundle(std::uint64_t lease);
  void Work(HeldShard& shard);
  void OnClosed(const absl::Status& status);
  void SendHello();
  void SendHeartbeat();
  void Report(HeldShard& shard);
  void SendDone(const HeldShard& shard);
  void Retire();

  boost::asio::io_context& strand_;
  const Settings& settings_;
  const std::string id_, region_;
  Record record_;
  std::unique_ptr<Link> link_;
  std::list<std::unique_ptr<Link>> retired_;
  std::map<std::uint64_t, HeldShard> shards_;  // by lease
  std::deque<std::uint64_t> unanswered_;       // heartbeats
  std::uint64_t heartbeat_ = 0;
  absl::Duration interval_;
  agent::Persistence persistence_;
  bool holding_ = false;
  bool stopping_ = false;
  boost::asio::steady_timer patience_timer_;
  boost::asio::steady_timer heartbeat_timer_;
  boost::asio::steady_timer reconnect_timer_;
};

}  // namespace wsfleet::testing
