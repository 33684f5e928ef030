#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "coordinator/fleet/effects.h"

namespace wsfleet::fleet {

// Keeps the promise "persist before effect". During a turn (one Apply) changes are written into batch() and effects are
// handed to Send(); Close() ends the turn. An effect is emitted when every change that was written before it, those of
// its own turn included, is durable: first in, first out, whatever it depends on.
//
// What waits here is bounded by what others may have unanswered: a few batches and one heartbeat for each agent, one
// request for each client call.
class Outbox {
 public:
  WriteBatch& batch() { return batch_; }
  // Under which what is written in this turn will be committed.
  CommitId commit_of_turn() const { return CommitId(last_commit_.value() + 1); }
  void Send(Effect effect) { turn_.push_back(std::move(effect)); }
  // One that depends on no change: it is emitted at the end of the turn, whatever is under way.
  void SendNow(Effect effect) { at_once_.push_back(std::move(effect)); }

  // Ends the turn. What it returns is to be done now: what was for SendNow, and the Persist of the turn if anything was
  // written, else the effects of the turn if no commit is under way.
  std::vector<Effect> Close();

  // Whose answers are to follow from the commit.
  std::vector<RequestId> RequestsOf(CommitId commit) const;

  // The effects that waited for this commit. Commits are reported in order; any other is not ours and is ignored.
  std::vector<Effect> Release(CommitId commit);

 private:
  struct Waiting {
    CommitId commit;
    std::vector<Effect> effects;  // first those of its own turn
    std::size_t own = 0;          // so many
  };

  WriteBatch batch_;
  std::vector<Effect> turn_;
  std::vector<Effect> at_once_;
  std::deque<Waiting> waiting_;
  CommitId last_commit_;
};

}  // namespace wsfleet::fleet
