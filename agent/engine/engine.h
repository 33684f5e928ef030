#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/engine/run_share.h"
#include "agent/engine/target_guard.h"
#include "agent/engine/traffic.h"
#include "core/base/ids.h"
#include "core/data/data_rows.h"
#include "core/scenario/plan.h"
#include "core/secret/given_secret.h"
#include "core/secret/missing_secret.h"
#include "core/session/held_bytes.h"
#include "core/verdict/result.h"

namespace wsfleet::engine {

// Identifies one run of a shard within this process; chosen by the caller.
using RunId = NumberId<struct RunIdTag>;

// What the agent is, for templates, requirements and reports.
struct AgentFacts {
  AgentId id;
  RegionName region;
  std::map<std::string, std::string, std::less<>> labels;  // arch, os, … and those it was started with
};

// What one agent is to do for one job.
struct ShardRun {
  RunId id;
  std::shared_ptr<const Plan> plan;
  Variables variables;
  GivenSecrets secrets;  // in memory only
  UnreadSecrets unread_secrets;
  ShareLimits share;
  TargetGuard guard;               // whom its sessions may connect to
  std::vector<CaseId> skip_cases;  // already committed by an earlier attempt: not run again
  std::string session_prefix;      // unique in the fleet: makes ${session.id} unique
  DataPart data;                   // which rows of the suites' data are this shard's
  bool is_scheduled = false;       // a schedule made it: what it measures is shown by names
};

enum class ShardEnding { kCompleted, kCancelled };

// What becomes of the cases that a cancelled run has not finished.
enum class AfterCancel { kNeverRun, kRunElsewhere };

// Called on the engine's thread. Must not block.
struct ShardObserver {
  std::function<void(RunId, CaseResult)> on_result;
  std::function<void(RunId, std::string_view case_id, std::string_view step)>
      on_progress;                                  // at most every 100 ms of a case
  std::function<void(RunId, ShardEnding)> on_done;  // last call for this run
};

struct EngineOptions {
  std::uint32_t max_sessions = 10'000;              // over all shards; further ones wait
  std::uint64_t max_held_bytes = HeldBytes().most;  // of messages, over all connections; beyond that they end
  std::string name_servers;                         // "10.0.0.2:53,…" instead of those of /etc/resolv.conf
  Traffic::Observer traffic = {};
};

// Runs scenarios against targets on a thread of its own. Start, Cancel and the destructor may be called from any
// thread. The engine knows no coordinator and decides nothing about regions: it turns a plan into case results.
class Engine {
 public:
  explicit Engine(AgentFacts facts, EngineOptions options);
  // Cancels what runs, closes every connection and joins the thread.
  ~Engine();

  // Runs every case of the plan that `skip_cases` does not name: tiers by priority, cases of a tier one after the
  // other, sessions of a case (`concurrent`) at once.
  void Start(ShardRun run, ShardObserver observer);

  // Ends the run's sessions: each open WebSocket gets a Close frame (1001) if it can be written at once, then TCP is
  // closed, all within 500 ms. Cases without a result get none, except that with kNeverRun one in which the target has
  // failed already (an earlier try, a session beside others) has failed. on_done(kCancelled) follows. Unknown ids are
  // ignored.
  void Cancel(RunId run, AfterCancel after);

  // While it holds, no case begins; those that run go on.
  void Hold(bool hold);

  // How far the machine's wall clock is ahead of the coordinator's: tokens are minted by the coordinator's time.
  void SetClockAhead(absl::Duration ahead);

  // Milliseconds by which the event loop was late lately (largest of the last 5 s), and open sessions: agent health.
  struct Health {
    absl::Duration loop_lag;
    std::uint32_t open_sessions = 0;
    std::uint32_t open_sockets = 0;
  };
  Health health() const;

  const Traffic& traffic() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace wsfleet::engine
