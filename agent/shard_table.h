#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/bundle_source.h"
#include "agent/engine/engine.h"
#include "agent/spool.h"
#include "boost/asio/io_context.hpp"
#include "core/base/now.h"

namespace wsfleet::agent {

// The shards that this agent has a lease for, from the assignment until the coordinator has acknowledged their end.
// Belongs to the agent's strand; the engine's callbacks are posted there.
class ShardTable {
 public:
  struct Outputs {
    std::function<void(v1::AgentMessage)> send;  // drops the message while there is no session
    std::function<void()> on_results;            // something entered the spool, or may enter it now
    std::function<void()> on_changed;            // a shard has begun, or has left the table
  };

  // A secret that this agent's operator keeps for runs, as it is now. NOT_FOUND: there is none of this name.
  using OwnSecret = std::function<absl::StatusOr<GivenSecret>(const std::string& name)>;

  ShardTable(boost::asio::io_context& strand, engine::Engine& engine, BundleSource& bundles, Spool& spool,
             std::uint32_t max_shards, std::vector<engine::TargetGuard::Rule> own_rules, Outputs outputs,
             OwnSecret own_secret = {});

  // Fetches the bundle and starts the engine; answers AssignmentRefused if it cannot. `lease_end`: until then the lease
  // lasts at least. It may lie in the past, where the way is long: then a renewal is waited for.
  void Assign(v1::Assignment assignment, SteadyTime lease_end);

  // What an earlier process of this agent spooled is held until it was delivered; then its lease ends. Called once,
  // before anything else.
  void RestoreInterrupted();

  // What may enter the spool at once without another case beginning.
  std::size_t ReserveBytes() const;

  // The lease is not (any more) ours: its run ends, and nothing but what is spooled is reported.
  void Abandon(LeaseId lease, std::string_view reason);

  // The coordinator wishes the shard to stop; its end is reported.
  void Cancel(LeaseId lease, std::string_view reason);

  void CancelAll(std::string_view reason);

  // Gives every shard back: the rest of it runs elsewhere.
  void ReleaseAll();

  void Renew(LeaseId lease, SteadyTime lease_end);

  // The dead-man's switch: stops every run whose lease has ended. What it has finished is kept and, like what ran to
  // its end, offered to the coordinator when there is one again: it may be the coordinator that was away, and nobody
  // else has the shard.
  void ExpireLeases(SteadyTime now);
  std::optional<SteadyTime> EarliestLeaseEnd() const;

  // Asks again for bundles that could not be asked for because the coordinator was out of reach. Called from time to
  // time.
  void FetchAgain();

  // Results that wait for a batch go into the spool.
  void Flush();

  // Reports the end of each shard whose results are all acknowledged. Called after acknowledgements; with `again` those
  // that were reported on an earlier stream are repeated.
  void ReportFinished(bool again);
  void OnShardDoneAck(LeaseId lease);

  std::vector<v1::HeldLease> Held() const;
  bool empty() const { return shards_.empty(); }

 private:
  enum class Stage { kPreparing, kRunning, kStopping, kFinished };
  struct LeasedShard {
    v1::Assignment assignment;  // without its secrets
    GivenSecrets secrets;       // until it runs
    SteadyTime lease_end;
    Stage stage = Stage::kPreparing;
    std::shared_ptr<const Bundle> bundle;  // fetched, not begun
    bool fetch_failed = false;             // for now
    bool abandoned = false;
    bool reported = false;
    bool interrupted = false;  // its run ended with an earlier process
    v1::ShardEnd end = v1::SHARD_END_COMPLETED;
    std::uint32_t reported_cases = 0;
    v1::ResultBatch pending;
    std::size_t pending_bytes = 0;
    SteadyTime pending_since;
    SteadyTime last_progress;
  };
  using Shards = std::map<LeaseId, LeasedShard>;

  void Fetch(LeaseId lease, LeasedShard& shard);
  void OnBundle(LeaseId lease, const absl::StatusOr<std::shared_ptr<const Bundle>>& bundle);
  void RunIfReady(LeaseId lease, LeasedShard& shard);
  void Run(LeaseId lease, LeasedShard& shard, const Bundle& bundle);
  // It would go on after the end of its lease.
  static bool IsAtStake(const LeasedShard& shard);
  // What the plan needs and the assignment did not bring.
  void AddOwnSecrets(engine::ShardRun& run) const;
  void Refuse(LeaseId lease, std::string reason);
  void OnResult(LeaseId lease, const CaseResult& result);
  void OnProgress(LeaseId lease, std::string case_id, std::string step);
  void OnEngineDone(LeaseId lease, engine::ShardEnding ending);
  void Stop(LeaseId lease, LeasedShard& shard, v1::ShardEnd end);
  bool SpoolPending(LeaseId lease, LeasedShard& shard);
  void Remove(LeaseId lease);

  boost::asio::io_context& strand_;
  engine::Engine& engine_;
  BundleSource& bundles_;
  Spool& spool_;
  std::uint32_t max_shards_;
  std::vector<engine::TargetGuard::Rule> own_rules_;
  Outputs outputs_;
  OwnSecret own_secret_;
  Shards shards_;
};

}  // namespace wsfleet::agent
