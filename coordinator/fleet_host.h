#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "boost/asio/steady_timer.hpp"
#include "coordinator/agent_messages.h"
#include "coordinator/agent_streams.h"
#include "coordinator/bundles.h"
#include "coordinator/client_requests.h"
#include "coordinator/fleet/fleet.h"
#include "coordinator/fleet_facts.h"
#include "coordinator/fleet_strand.h"
#include "coordinator/logs/server_logs.h"
#include "coordinator/metrics_feed.h"
#include "coordinator/paused_streams.h"
#include "coordinator/recollection.h"
#include "coordinator/secret_box.h"
#include "coordinator/store_thread.h"
#include "coordinator/tenure.h"
#include "coordinator/watchers.h"

namespace wsfleet::coordinator {

// Runs the machine of one fleet, while this process owns it, and everything that its effects act on: on one strand.
// What blocks runs on the store's thread, whose answers come back to it. If a commit fails, the machine is discarded
// and loaded again: streams end, and waiting requests are answered UNAVAILABLE. So they are while another process owns
// the fleet, with its address (wire::RedirectOf).
class FleetHost {
 public:
  using AgentsAnswer = std::function<void(const absl::StatusOr<std::vector<AgentListing>>&)>;
  static constexpr std::size_t kMaxAgentsListed = 500;  // at once

  // `bundles` and `logs` must outlive it, the latter be stopped before the context is.
  FleetHost(FleetStrand strand, FleetHostSettings settings, store::FleetStore& store, const SecretBox& secrets,
            Bundles& bundles, ServerLogs& logs);

  // --- any thread ---------------------------------------------------------------------------------------------------

  FleetStrand& strand() { return strand_; }
  const FleetName& name() const { return settings_.name; }
  StoreThread& store_thread() { return store_thread_; }

  // Called once on the strand: when the fleet is loaded, could not be, or is another's.
  void NotifyOnceLoaded(std::function<void(const absl::Status&)> on_settled);
  // The fleet is ours until then, at least: loads the machine, unless it runs under this ownership already. Nothing is
  // decided after `until` until this is called again.
  void Own(const store::Ownership& ownership, SteadyTime until);
  // It is another's now, or nobody's.
  void Disown(const store::OwnerStore::Owner& owner);
  // Whether the store can be asked; if not, that is what clients are told.
  void NoteStore(const absl::Status& status);
  // Ends every stream and watch, answers what waits, calls `on_stopped` on the strand. Commits under way are finished.
  void Stop(std::function<void()> on_stopped);

  // Answers come on the strand, after the commit. UNAVAILABLE: the outcome is unknown; ask again with the same run key.
  void Submit(const JobId& proposed, JobSpec spec, SubmitAnswer answer);
  void Cancel(const JobId& job, std::string reason, StatusAnswer answer);
  void AskSchedule(fleet::ScheduleRequest what, ScheduleAnswer answer);
  void Trigger(const JobId& proposed, const ScheduleName& schedule, RunKey key, SubmitAnswer answer);
  void SetPolicy(FleetPolicy policy, std::optional<std::uint64_t> expected_version, bool dry_run, PolicyAnswer answer);
  void SetDrained(std::vector<AgentId> agents, RegionName region, bool drained, StatusAnswer answer);
  void SetStopped(bool stopped, std::string by, std::string reason, StatusAnswer answer);
  // By region, then by id: the first kMaxAgentsListed behind `after`; fewer: there are no more.
  void ListAgents(const fleet::AgentPlace& after, AgentsAnswer answer);
  void FindAgent(const AgentId& id, AgentsAnswer answer);
  // Not after a commit: OK, or PERMISSION_DENIED if the agent has no lease on a job of this bundle.
  void CheckFetch(const AgentId& agent, const BundleDigest& bundle, StatusAnswer answer);

  // --- on the strand ------------------------------------------------------------------------------------------------

  FleetStanding Standing() const;
  // Absent, and the sink's `end` was called: the machine is not loaded.
  std::optional<fleet::StreamId> Connect(AgentSink sink, fleet::AgentConnected event, std::uint32_t max_sessions);
  void Disconnect(fleet::StreamId stream);  // it has ended by itself
  void EndRefused();                        // those of agents that would not be let in now
  void OnHeartbeat(fleet::StreamId stream, const v1::Heartbeat& heartbeat, fleet::HeartbeatReceived event,
                   absl::Time received);
  // Applied when the lines of the targets' logs were added to its failures.
  void OnResults(fleet::ResultsReceived event);
  void OnProgress(fleet::StreamId stream, const v1::Progress& progress);
  // The store is behind with what agents have reported. Whoever goes on reading their streams only fills memory.
  bool IsBehind() const;
  // Not read until `then` is called, on the strand: the store has caught up. Meanwhile its silence ends no lease.
  void PauseReading(fleet::StreamId stream, std::function<void()> then);
  // Any other event. Called while effects are executed, it takes its turn after them.
  void Apply(const fleet::Event& event);
  // RESOURCE_EXHAUSTED: there are too many. UNAVAILABLE: the fleet is not ours. DATA_LOSS: the run was set aside.
  absl::StatusOr<WatcherId> AddWatcher(const JobId& job, Watcher watcher);
  void RemoveWatcher(WatcherId id);

 private:
  SessionTimes Times() const;
  void Load();
  void LoadLater();
  void OnLoaded(const store::Ownership& ownership, absl::StatusOr<FleetSnapshot> snapshot);
  void OnCommitted(const StoreThread::Report& report);
  void Discard(const absl::Status& why, fleet::CommitId failed = {});
  void GiveUp(std::string_view why);
  void EndAll(const absl::Status& status);
  void Settle(const absl::Status& status);
  absl::Status NotHere() const;
  // A submit or a trigger of this key, with what the store knows of it.
  template <typename Event>
  void ApplyWithKey(Event event, const RunKey& key);
  void ArmTimer();
  void Execute(const std::vector<fleet::Effect>& effects);
  void Assign(const fleet::SendAssignment& effect, KeptSecrets secrets);
  void Withhold(const LeaseRecord& lease, std::string_view why);
  // A message that needs nothing of this object.
  auto On(const auto& effect) -> decltype(ToMessage(effect), void()) {
    streams_.Send(effect.stream, ToMessage(effect));
  }
  void On(const fleet::Persist& effect);
  void On(const fleet::SendWelcome& effect);
  void On(const fleet::SendHeartbeatReply& effect);
  void On(const fleet::SendAssignment& effect);
  void On(const fleet::SendShardDoneAck& effect);
  void On(const fleet::CloseStream& effect);
  void On(const fleet::AnswerSubmit& effect);
  void On(const fleet::AnswerCancel& effect);
  void On(const fleet::AnswerWish& effect);
  void On(const fleet::AnswerSetPolicy& effect);
  void On(const fleet::AnswerSchedule& effect);
  void On(const fleet::NotifyWatchers& effect);

  FleetStrand strand_;
  FleetHostSettings settings_;
  store::FleetStore& store_;
  SecretBox secrets_;
  Bundles& bundles_;
  ServerLogs& logs_;
  Tenure tenure_;
  std::optional<fleet::Fleet> machine_;  // absent while it is loaded
  Recollection recollection_;
  std::function<void(const absl::Status&)> on_settled_;
  bool executing_ = false, stopped_ = false;
  AgentStreams streams_;
  PausedStreams paused_;
  Watchers watchers_;
  ClientRequests requests_;
  MetricsFeed feed_;
  boost::asio::steady_timer wakeup_, retry_;
  StoreThread store_thread_;  // last: its thread calls into this object
};

}  // namespace wsfleet::coordinator
