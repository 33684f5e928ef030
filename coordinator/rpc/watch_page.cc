#include "coordinator/rpc/watch_page.h"

#include <span>
#include <utility>

#include "core/base/version.h"
#include "proto/wire/convert.h"

namespace wsfleet::coordinator {
namespace {

// Of shards in one message; what else a job is leaves room for it.
constexpr std::size_t kMaxShardBytes = 128 * 1024;

class PageWriter {
 public:
  PageWriter(const WatchState& state, const store::JobReader::Changes& changes, const FleetName& fleet, absl::Time now)
      : changes_(changes), fleet_(fleet), now_(now) {
    page_.state = state;
    page_.known = changes.job.last_event;
    page_.has_more = !changes.is_all;
    page_.is_last = changes.is_all && IsTerminal(changes.job.state);
  }

  WatchPage Write() {
    WatchState& state = page_.state;
    // Nothing follows the cursor and nothing may follow: the run has ended, or the cursor is not one of this run. The
    // client gets what the run is now.
    const bool is_over = IsTerminal(changes_.job.state) || state.cursor.event > changes_.job.last_event;
    if (!state.has_begun && changes_.events.empty() && is_over) {
      state.cursor.event = changes_.job.last_event;
      state.job_is_stale = true;
    }
    state.has_begun = true;
    for (const auto& event : changes_.events) AddEvent(event);
    AddShards();
    return std::move(page_);
  }

 private:
  v1::JobEvent& Add(std::uint64_t number, absl::Time at) {
    v1::JobEvent& message = page_.messages.emplace_back();
    message.set_number(number);
    *message.mutable_at() = wire::ToWire(at);
    return message;
  }

  void AddEvent(const store::JobReader::EventView& view) {
    const auto& [event, result] = view;
    page_.state.cursor.event = event.number;
    job_change_ = nullptr;
    if (event.kind == JobEventRecord::Kind::kJobChanged) {
      page_.state.job_is_stale = true;
      job_change_ = &event;
      return;
    }
    v1::JobEvent& message = Add(event.number, event.at);
    if (event.kind == JobEventRecord::Kind::kNote) {
      message.set_note(event.text);
    } else if (result) {
      *message.mutable_result() = wire::ToWire(result->taken, result->region);
    }
  }

  void AddShards() {
    std::vector<ShardRecord> part;
    std::size_t bytes = 0;
    for (const ShardRecord& shard : changes_.shards) {
      page_.state.cursor.changed = shard.changed;
      page_.state.cursor.shard = shard.id.index;
      bytes += 64 + shard.region.value().size() + shard.term.size() + shard.agent.value().size() +
               shard.vantage.size() + shard.reason.size();
      if (bytes > kMaxShardBytes) {
        AddJob(std::exchange(part, {}), false);
        bytes = 0;
      }
      part.push_back(shard);
    }
    if (changes_.is_all) {
      if (page_.state.job_is_stale || !part.empty()) AddJob(part, true);
      page_.state.job_is_stale = false;
    } else if (!part.empty()) {
      AddJob(part, false);
    }
  }

  void AddJob(const std::vector<ShardRecord>& shards, bool is_whole) {
    // The last event is this change: the job is shown as it was with it.
    const bool is_event = is_whole && job_change_ != nullptr;
    v1::JobEvent& message = Add(is_event ? job_change_->number : 0, is_event ? job_change_->at : now_);
    v1::Job* job = message.mutable_job();
    *job = wire::ToWire(changes_.job, shards);
    job->set_fleet(fleet_.value());
    job->set_coordinator_version(kVersion);
    wire::KeepSummary(*job);
    if (is_whole || !IsTerminal(changes_.job.state)) return;
    // Whoever sees the end of a run looks no further.
    job->set_state(v1::JOB_STATE_FINISHING);
    job->clear_verdict();
    job->clear_reasons();
    job->clear_finished();
  }

  const store::JobReader::Changes& changes_;
  const FleetName& fleet_;
  const absl::Time now_;
  const JobEventRecord* job_change_ = nullptr;  // the last event, if it is one
  WatchPage page_;
};

}  // namespace

WatchPage PageFor(const WatchState& state, const store::JobReader::Changes& changes, const FleetName& fleet,
                  absl::Time now) {
  return PageWriter(state, changes, fleet, now).Write();
}

}  // namespace wsfleet::coordinator
