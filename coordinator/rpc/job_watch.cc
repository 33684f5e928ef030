#include "coordinator/rpc/job_watch.h"

#include <algorithm>
#include <utility>

#include "boost/asio/post.hpp"
#include "proto/wire/convert.h"

namespace wsfleet::coordinator {
namespace {

// A tick is dropped if this much is still on its way.
constexpr std::size_t kMaxQueuedForTick = 32;

}  // namespace

JobWatch::JobWatch(Backend& backend, grpc::CallbackServerContext& context, const v1::WatchJobRequest& request)
    : backend_(backend),
      job_(request.job()),
      outbound_(backend.fleets.strand(), backend.peer_limit,
                {.write = [this](const v1::JobEvent* event) { StartWrite(event); },
                 .finish = [this](const grpc::Status& status) { Finish(status); },
                 .cancel = [&context] { context.TryCancel(); }}) {
  state_.cursor.event = request.after();
}

void JobWatch::Begin(const absl::StatusOr<Admission>& admission) {
  self_ = shared_from_this();
  outbound_.SetOwner(self_);
  boost::asio::post(backend_.fleets.strand(), [self = self_, admission] {
    if (!admission.ok()) return self->End(wire::ToGrpc(admission.status()));
    self->admission_ = *admission;
    self->host_ = &admission->host();
    self->Watch();
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
  must_look_ = must_look_ || last_event == 0;
  if (outbound_.size() == 0 && HasMore()) ReadPage();
}

void JobWatch::OnTick(const v1::ProgressTick& tick) {
  if (outbound_.size() >= kMaxQueuedForTick || !MayGoOn()) return;
  v1::JobEvent event;
  *event.mutable_at() = wire::ToWire(absl::Now());
  *event.mutable_progress() = tick;
  outbound_.Push(std::move(event));
}

void JobWatch::ReadPage() {
  if (outbound_.ended() || reading_ || !MayGoOn()) return;
  reading_ = true;
  must_look_ = false;
  const bool posted = backend_.readers.Post([self = shared_from_this(), state = state_] {
    boost::asio::post(self->backend_.fleets.strand(),
                      [self, page = self->PageAfter(state)]() mutable { self->OnPage(std::move(page)); });
  });
  if (!posted) End({grpc::StatusCode::RESOURCE_EXHAUSTED, "the coordinator answers too many requests; try again"});
}

// On a reader's thread. Touches nothing that changes.
absl::StatusOr<WatchPage> JobWatch::PageAfter(const WatchState& state) const {
  const auto changes = backend_.jobs.ChangesAfter(host_->name(), job_, state.cursor);
  if (!changes.ok()) return changes.status();
  return PageFor(state, *changes, host_->name(), absl::Now());
}

void JobWatch::OnPage(absl::StatusOr<WatchPage> page) {
  reading_ = false;
  if (outbound_.ended()) return;
  if (!page.ok()) return End(wire::ToGrpc(page.status()));
  state_ = page->state;
  known_ = std::max(known_, page->known);
  has_more_ = page->has_more;
  for (v1::JobEvent& message : page->messages) {
    if (outbound_.Push(std::move(message))) continue;
    return End({grpc::StatusCode::RESOURCE_EXHAUSTED, "the client does not read; watch again from the last event"});
  }
  if (page->is_last) {
    Leave();
    outbound_.EndWhenWritten(grpc::Status::OK);
  } else if (outbound_.size() == 0 && HasMore()) {
    ReadPage();
  }
}

bool JobWatch::MayGoOn() {
  const absl::Status status = admission_->Recheck();
  if (!status.ok()) End(wire::ToGrpc(status));
  return status.ok();
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
    if (self->outbound_.size() == 0 && self->HasMore()) self->ReadPage();
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
