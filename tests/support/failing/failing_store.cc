#include "tests/support/failing/failing_store.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include "coordinator/store/refusal.h"
#include "fmt/format.h"

namespace wsfleet::testing {

// This thread is the one that the signal is for, so that nothing follows before the process goes on.
void FailingStore::StopUntilContinued() {
  fmt::print(stderr, "failpoint: stops\n");
  pthread_kill(pthread_self(), SIGSTOP);
}

absl::Status FailingStore::Fail(const std::vector<WriteBatch>& batches) const {
  if (point_.how == Failpoint::How::kKill) {
    kill(getpid(), SIGKILL);
    // The signal ends every thread, this one too.
    while (true) pause();
  }
  if (point_.how == Failpoint::How::kRefuse) {
    const absl::Status refusal = absl::InvalidArgumentError("a failpoint says that this can never be stored");
    for (const WriteBatch& batch : batches) {
      if (!batch.jobs.empty()) return store::InRowOf(batch.jobs.front().id, refusal);
    }
    return refusal;
  }
  return absl::UnavailableError("a failpoint says that it failed");
}

absl::StatusOr<std::vector<CommitOutcome>> FailingStore::Commit(const store::Ownership& ownership,
                                                                const std::vector<WriteBatch>& batches) {
  const bool fails = point_.Concerns(batches) && ++seen_ % point_.every == 0;
  if (fails && point_.how == Failpoint::How::kStop && point_.moment == Failpoint::Moment::kBefore) {
    StopUntilContinued();
    auto outcomes = behind_->Commit(ownership, batches);
    fmt::print(stderr, "failpoint: the commit came to {}\n", outcomes.status().ToString());
    return outcomes;
  }
  if (fails && point_.moment == Failpoint::Moment::kBefore) return Fail(batches);
  auto outcomes = behind_->Commit(ownership, batches);
  if (fails && point_.how == Failpoint::How::kStop) {
    StopUntilContinued();
  } else if (fails && outcomes.ok()) {
    return Fail(batches);
  }
  return outcomes;
}

}  // namespace wsfleet::testing
