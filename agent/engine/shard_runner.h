#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/engine/engine.h"
#include "agent/engine/session.h"
#include "boost/asio/awaitable.hpp"
#include "boost/asio/steady_timer.hpp"
#include "core/verdict/redactor.h"

namespace wsfleet::engine {

// Runs the cases of one shard: tiers by priority, cases one after the other, sessions of a case at once. Lives on the
// engine's thread; kept alive by its own coroutine.
class ShardRunner : public std::enable_shared_from_this<ShardRunner> {
 public:
  // `agent` and `surroundings` must outlive it.
  ShardRunner(boost::asio::any_io_executor executor, const AgentFacts& agent, const Surroundings& surroundings,
              ShardRun run, ShardObserver observer);

  boost::asio::awaitable<void> Run();
  void Cancel(AfterCancel after);
  // Whether cases may begin, which Surroundings says, has changed.
  void OnHoldChanged() { may_begin_.cancel(); }
  std::uint32_t open_sessions() const { return static_cast<std::uint32_t>(sessions_.size()); }

 private:
  // Why something does not run: a requirement does not hold, or nobody can tell, which is inconclusive.
  struct Obstacle {
    std::optional<std::pair<SkipReason, std::string>> skip;
    std::optional<Failure> failure;  // of ours
    bool any() const { return skip || failure; }
  };
  // The target that a suite's cases use, decided once; or why there is none.
  struct ChosenTarget {
    std::optional<Target> target;
    Url base;
    Obstacle obstacle;
    std::string revision;
  };

  boost::asio::awaitable<void> AwaitPermission();
  // The cases of one suite, or of a folder of them, tier by tier.
  boost::asio::awaitable<void> RunTiers(std::vector<const PlannedCase*> cases);
  boost::asio::awaitable<CaseResult> RunCase(const PlannedCase& planned, const ChosenTarget& chosen);
  boost::asio::awaitable<std::vector<SessionOutcome>> RunSessions(const PlannedCase& planned,
                                                                  const ChosenTarget& chosen);
  // What the target's own log says of a failure, where the suite tells the agent to ask for it.
  boost::asio::awaitable<void> AddServerLogs(const PlannedCase& planned, const ChosenTarget& chosen,
                                             CaseResult& result);
  // What a machine that is late itself measures says nothing of the target.
  void JudgeSaturation(CaseResult& result) const;
  // Results are ordered by their agents' clocks: a warning where this one's is wrong.
  void JudgeClock(CaseResult& result) const;
  boost::asio::awaitable<ChosenTarget> ChooseTarget(const Suite& suite, const PlannedCase& any);
  boost::asio::awaitable<Obstacle> FirstUnmet(const std::vector<Requirement>& requirements, const PlannedCase& planned,
                                              const ChosenTarget& chosen);
  // Before a target is chosen, what depends on it is taken to hold.
  std::optional<std::pair<SkipReason, std::string>> UnmetHere(const Requirement& requirement,
                                                              const ChosenTarget& chosen) const;
  // One http request outside of a scenario; as Session::Probe.
  boost::asio::awaitable<std::optional<Failure>> Probe(const PlannedCase& planned, const ChosenTarget& chosen,
                                                       const HttpRequest& http, const CaptureSource* from,
                                                       std::string* value);
  // Nothing if the suite has none, or if it was read into `revision`.
  boost::asio::awaitable<std::optional<Failure>> ReadRevision(const PlannedCase& planned, const ChosenTarget& chosen,
                                                              std::string& revision);
  // Makes the result inconclusive if the target has another revision than before.
  boost::asio::awaitable<void> JudgeRevision(const PlannedCase& last, const ChosenTarget& chosen, CaseResult& result);
  // Until the run's share of sessions has room for another one.
  boost::asio::awaitable<void> AwaitTurn();
  SessionFacts FactsOf(const PlannedCase& planned, const ChosenTarget& chosen, std::uint64_t index);
  void ReportStep(const PlannedCase& planned, std::string_view step);
  CaseResult NewResult(const PlannedCase& planned, const ChosenTarget& chosen) const;
  std::string LabelOf(const std::string& name, bool& known) const;

  boost::asio::any_io_executor executor_;
  const AgentFacts& agent_;
  const Surroundings& surroundings_;
  ShardRun run_;
  Redactor redactor_{{}};
  ShardObserver observer_;
  std::set<Session*> sessions_;
  RunShare share_;
  std::map<const Suite*, DataCursor> data_;  // of the suites that have some
  boost::asio::steady_timer next_turn_;      // of a session; cancelled with the run
  boost::asio::steady_timer may_begin_;      // never fires; cancelled when it may be otherwise
  std::uint64_t next_session_ = 0;
  const PlannedCase* progress_of_ = nullptr;
  SteadyTime last_progress_;
  std::uint32_t logged_cases_ = 0;  // for which logs were asked
  bool cancelled_ = false;
  AfterCancel after_cancel_ = AfterCancel::kRunElsewhere;
};

}  // namespace wsfleet::engine
