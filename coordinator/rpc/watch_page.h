#pragma once

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/store/store.h"
#include "wsfleet/v1/job.pb.h"

// What a client that watches a job is told of its changes. Pure.
namespace wsfleet::coordinator {

// How far it was told.
struct WatchState {
  store::JobReader::ChangeCursor cursor;
  bool has_begun = false;     // a page was sent
  bool job_is_stale = false;  // a change of the job was passed over
};

struct WatchPage {
  std::vector<v1::JobEvent> messages;
  WatchState state;         // once they are sent
  std::uint64_t known = 0;  // number of the job's newest event
  bool has_more = false;    // another page follows at once
  bool is_last = false;     // the job has ended, and all of it was told
};

// Results and notes are sent as they are. The job is sent as it is now, and only if no event follows that the client
// does not have yet: otherwise it would see the end of a run before its last results. A change that was passed over
// that way is made up for by a snapshot (number 0) at the end. With the job go the shards that have changed since they
// were sent last; if there are many they go in several messages, and the job's end is in the last of them.
WatchPage PageFor(const WatchState& state, const store::JobReader::Changes& changes, const FleetName& fleet,
                  absl::Time now);

}  // namespace wsfleet::coordinator
