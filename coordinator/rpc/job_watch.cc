#include "coordinator/rpc/job_watch.h"

#include <algorithm>
#include <utility>

#include "boost/asio/post.hpp"
#include "core/base/version.h"
#include "proto/wire/convert.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::uint32_t kPageEvents = 64;
// A tick is dropped if this much is still on its way.
constexpr std::size_t kMaxQueuedForTick = 32;
// A run of 1000 shards, each with the reason why it has no agent; clients take 4 MiB.
constexpr std::size_t kMaxEventBytes = 3 << 20;

RegionName RegionOf(const store::JobReader::JobView& view, ShardIndex index) {
  const auto found = std::ranges::find(view.shards, index, [](const ShardRecord& shard) { return shard.id.index; });
  if (found == view.shards.end()) return {};
  return found->region.empty() ? RegionName(found->term) : found->region;
}

}  // namespace

JobWatch::JobWatch(Backend& backend, grpc::CallbackServerContext& context, const v1::WatchJobRequest& request)
    : backend_(backend),
      job_(request.job()),
      cursor_(request.after()),
      outbound_(backend.fleets.strand(), kMaxEventBytes,
                {.write = [this](const v1::JobEvent* event) { StartWrite(event); },
                 .finish = [this](const grpc::Status& status) { Finish(status); },
                 .cancel = [&context] { context.TryCancel(); }}) {}

void JobWatch::Begin(const absl::StatusOr<FleetHost*>& host) {
  self_ = shared_from_this();
  outbound_.SetOwner(self_);
  boost::asio::post(backend_.fleets.strand(), [self = self_, host] {
    if (host.ok()) {
      self->host_ = *host;
      self->Watch();
    } else {
      self->End(wire::ToGrpc(host.status()));
    }
  });
}

void JobWatch::Watch() {
  if (outbound_.ended()) return;
  // First of all, so that nothing becomes durable unnoticed between the first page and this.
  Watcher watcher;
  watcher.wake = [this](std::uint64_t last_event) { OnWake(last_event); };
  watcher.tick = [this](const v1::ProgressTick& tick) { OnTick(tick); };
  watcher.end = [this](const absl::Status& status) {
    watcher_.reset();
    End(wire::ToGrpc(status));
  };
  const auto id = host_->AddWatcher(job_, std::move(watcher));
  if (!id.ok()) return End(wire::ToGrpc(id.status()));
  watcher_ = *id;
  ReadPage();
}

void JobWatch::OnWake(std::uint64_t last_event) {
  known_ = std::max(known_, last_event);
  look_again_ = look_again_ || last_event == 0;
  if (!reading_ && outbound_.size() == 0 && MayBeMore()) ReadPage();
}

void JobWatch::OnTick(const v1::ProgressTick& tick) {
  if (outbound_.size() >= kMaxQueuedForTick) return;
  v1::JobEvent event;
  *event.mutable_at() = wire::ToWire(absl::Now());
  *event.mutable_progress() = tick;
  outbound_.Push(std::move(event)).IgnoreError();
}

void JobWatch::ReadPage() {
  if (outbound_.ended() || reading_) return;
  reading_ = true;
  look_again_ = false;
  const bool posted = backend_.readers.Post([self = shared_from_this(), cursor = cursor_] {
    boost::asio::post(self->backend_.fleets.strand(),
                      [self, page = self->PageAfter(cursor)]() mutable { self->OnPage(std::move(page)); });
  });
  if (!posted) End({grpc::StatusCode::RESOURCE_EXHAUSTED, "the coordinator answers too many requests; try again"});
}

// On a reader's thread. Touches nothing that changes.
absl::StatusOr<JobWatch::Page> JobWatch::PageAfter(std::uint64_t cursor) const {
  // The job first: its last event says which of the events it includes.
  auto view = backend_.jobs.GetJob(host_->name(), job_);
  if (!view.ok()) return view.status();
  auto events = backend_.jobs.EventsAfter(job_, cursor, kPageEvents);
  if (!events.ok()) return events.status();
  std::erase_if(*events, [&](const auto& event) { return event.event.number > view->job.last_event; });
  const std::uint64_t last = events->empty() ? cursor : events->back().event.number;
  const bool is_last = last >= view->job.last_event;
  return Page{*std::move(view), *std::move(events), is_last};
}

void JobWatch::OnPage(absl::StatusOr<Page> page) {
  reading_ = false;
  if (outbound_.ended()) return;
  if (!page.ok()) return End(wire::ToGrpc(page.status()));
  known_ = std::max(known_, page->view.job.last_event);
  if (const absl::Status status = SendPage(*page); !status.ok()) return End(wire::ToGrpc(status));
  read_once_ = true;
  if (page->is_last && IsTerminal(page->view.job.state)) {
    Leave();
    outbound_.EndWhenWritten(grpc::Status::OK);
  } else if (outbound_.size() == 0 && MayBeMore()) {
    ReadPage();
  }
}

absl::Status JobWatch::SendPage(Page& page) {
  // Nothing follows the cursor and nothing may follow: the run has ended, or the cursor is not one of this run. The
  // client gets what the run is now.
  if (!read_once_ && page.events.empty() && (IsTerminal(page.view.job.state) || cursor_ > page.view.job.last_event)) {
    cursor_ = page.view.job.last_event;
    job_is_stale_ = true;
  }
  for (const auto& [event, result] : page.events) {
    // Large results: the rest is read again when these are written.
    if (!outbound_.HasRoom()) {
      page.is_last = false;
      break;
    }
    cursor_ = event.number;
    if (event.kind == JobEventRecord::Kind::kJobChanged) {
      if (event.number < page.view.job.last_event) {
        job_is_stale_ = true;
      } else if (absl::Status status = SendJob(page, event.number, event.at); !status.ok()) {
        return status;
      }
      continue;
    }
    v1::JobEvent message;
    message.set_number(event.number);
    *message.mutable_at() = wire::ToWire(event.at);
    if (event.kind == JobEventRecord::Kind::kNote) {
      message.set_note(event.text);
    } else if (result) {
      *message.mutable_result() = wire::ToWire(*result, RegionOf(page.view, event.shard));
    }
    if (absl::Status status = outbound_.Push(std::move(message)); !status.ok()) return status;
  }
  return page.is_last && job_is_stale_ ? SendJob(page, 0, absl::Now()) : absl::OkStatus();
}

absl::Status JobWatch::SendJob(const Page& page, std::uint64_t number, absl::Time at) {
  job_is_stale_ = false;
  v1::JobEvent message;
  message.set_number(number);
  *message.mutable_at() = wire::ToWire(at);
  v1::Job* job = message.mutable_job();
  *job = wire::ToWire(page.view.job, page.view.shards);
  job->set_fleet(host_->name().value());
  job->set_coordinator_version(kVersion);
  wire::KeepSummary(*job);
  return outbound_.Push(std::move(message));
}

void JobWatch::Leave() {
  if (watcher_) host_->RemoveWatcher(*std::exchange(watcher_, std::nullopt));
}

void JobWatch::End(const grpc::Status& status) {
  Leave();
  outbound_.End(status);
}

void JobWatch::OnWriteDone(bool ok) {
  boost::asio::post(backend_.fleets.strand(), [self = shared_from_this(), ok] {
    if (!ok) self->End({grpc::StatusCode::CANCELLED, "the client is gone"});
    self->outbound_.OnWritten();
    if (self->read_once_ && self->outbound_.size() == 0 && self->MayBeMore()) self->ReadPage();
  });
}

void JobWatch::OnCancel() {
  boost::asio::post(backend_.fleets.strand(),
                    [self = shared_from_this()] { self->End({grpc::StatusCode::CANCELLED, "the client is gone"}); });
}

void JobWatch::OnDone() {
  boost::asio::post(backend_.fleets.strand(), [self = std::move(self_)] {});
}

}  // namespace wsfleet::coordinator
