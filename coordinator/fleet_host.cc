#include "coordinator/fleet_host.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

#include "absl/random/random.h"
#include "boost/asio/dispatch.hpp"
#include "boost/asio/post.hpp"
#include "coordinator/clock.h"
#include "coordinator/store/refusal.h"
#include "coordinator/wall_clock.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/redirect.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr absl::Duration kLoadRetry = absl::Seconds(1);

}  // namespace

FleetHost::FleetHost(FleetStrand strand, FleetHostSettings settings, store::FleetStore& store, const SecretBox& secrets,
                     Bundles& bundles, ServerLogs& logs)
    : strand_(std::move(strand)),
      settings_(std::move(settings)),
      store_(store),
      secrets_(secrets),
      bundles_(bundles),
      logs_(logs),
      feed_(settings_.name, settings_.metrics),
      wakeup_(strand_),
      retry_(strand_),
      store_thread_(store, [this](StoreThread::Report report) {
        boost::asio::post(strand_, [this, report = std::move(report)] { OnCommitted(report); });
      }) {}

void FleetHost::NotifyOnceLoaded(std::function<void(const absl::Status&)> on_settled) {
  boost::asio::post(strand_,
                    [this, on_settled = std::move(on_settled)]() mutable { on_settled_ = std::move(on_settled); });
}

void FleetHost::Settle(const absl::Status& status) {
  if (const auto on_settled = std::exchange(on_settled_, nullptr)) on_settled(status);
}

void FleetHost::Own(const store::Ownership& ownership, SteadyTime until) {
  boost::asio::post(strand_, [this, ownership, until] {
    if (stopped_) return;
    tenure_.until = until;
    if (tenure_.ours && tenure_.ours->epoch == ownership.epoch) return;
    if (tenure_.ours) GiveUp("it was another's meanwhile");
    spdlog::info("fleet owned fleet={} epoch={}", name().value(), ownership.epoch);
    tenure_.ours = ownership;
    Load();
  });
}

void FleetHost::Disown(const store::OwnerStore::Owner& owner) {
  boost::asio::post(strand_, [this, owner] {
    tenure_.elsewhere = owner;
    Settle(absl::OkStatus());
    if (!tenure_.ours) return;
    GiveUp(owner.replica.empty() ? "another one is to have it" : fmt::format("it is that of {} now", owner.replica));
  });
}

void FleetHost::NoteStore(const absl::Status& status) {
  boost::asio::post(strand_, [this, status] { tenure_.store = status; });
}

void FleetHost::GiveUp(std::string_view why) {
  spdlog::warn("fleet given up fleet={} epoch={} reason=\"{}\"", name().value(), tenure_.ours->epoch, why);
  tenure_.ours.reset();
  retry_.cancel();
  feed_.GiveUp();
  // What waits for its commit may be stored or not.
  EndAll(absl::UnavailableError("another coordinator may run the fleet now; try again"));
  recollection_.Forget();
  watchers_.EndAll(NotHere());
}

void FleetHost::EndAll(const absl::Status& status) {
  if (machine_) recollection_.Keep(*machine_);
  machine_.reset();
  feed_.Discard();
  wakeup_.cancel();
  paused_.Clear();
  streams_.EndAll(status);
  requests_.AnswerAll(status);
}

absl::Status FleetHost::NotHere() const { return tenure_.NotHere(name()); }

FleetStanding FleetHost::Standing() const {
  FleetStanding standing;
  standing.ours = tenure_.ours.has_value();
  if (machine_) {
    standing.census = machine_->Count();
  } else if (standing.ours || !tenure_.store.ok()) {
    standing.status = NotHere();
  }
  return standing;
}

void FleetHost::Stop(std::function<void()> on_stopped) {
  boost::asio::post(strand_, [this, on_stopped = std::move(on_stopped)] {
    stopped_ = true;
    tenure_.ours.reset();
    retry_.cancel();
    const absl::Status status = absl::UnavailableError("the coordinator is stopping");
    EndAll(status);
    watchers_.EndAll(status);
    on_stopped();
  });
}

// --- agents and watchers --------------------------------------------------------------------------------------------

std::optional<fleet::StreamId> FleetHost::Connect(AgentSink sink, fleet::AgentConnected event,
                                                  std::uint32_t max_sessions) {
  assert(strand_.running_in_this_thread());
  if (!machine_) {
    if (const auto redirect = tenure_.ForAgents()) {
      v1::CoordinatorMessage message;
      *message.mutable_redirect() = *redirect;
      sink.send(std::move(message));
    }
    sink.end(NotHere());
    return std::nullopt;
  }
  event.stream = streams_.Open(std::move(sink), event.agent.id, max_sessions, event.held);
  spdlog::info("agent connects fleet={} agent={} region={} boot={} stream={} held={}", name().value(),
               event.agent.id.value(), event.agent.region.value(), event.agent.boot.value(), event.stream.value(),
               event.held.size());
  const fleet::StreamId stream = event.stream;
  Apply(event);
  return stream;
}

void FleetHost::Disconnect(fleet::StreamId stream) {
  assert(strand_.running_in_this_thread());
  streams_.Close(stream);
  Apply(fleet::AgentDisconnected{stream});
}

void FleetHost::EndRefused() {
  for (const auto& [stream, why] : streams_.Refused()) {
    streams_.End(stream, why);
    Apply(fleet::AgentDisconnected{stream});
  }
}

void FleetHost::OnHeartbeat(fleet::StreamId stream, const v1::Heartbeat& heartbeat, fleet::HeartbeatReceived event,
                            absl::Time received) {
  streams_.NoteHeartbeat(stream, heartbeat, received);
  event.stream = stream;
  Apply(event);
}

void FleetHost::OnResults(fleet::ResultsReceived event) {
  assert(strand_.running_in_this_thread());
  // An agent reports the end of a shard when its results were acknowledged: nothing overtakes them.
  logs_.AddTo(std::move(event), [this](fleet::ResultsReceived complete) {
    boost::asio::dispatch(strand_, [this, complete = std::move(complete)] { Apply(complete); });
  });
}

bool FleetHost::IsBehind() const { return PausedStreams::IsBehind(store_thread_.backlog()); }

void FleetHost::PauseReading(fleet::StreamId stream, std::function<void()> then) {
  assert(strand_.running_in_this_thread());
  Apply(fleet::ReadingPaused{stream});
  paused_.Add(stream, std::move(then));
}

SessionTimes FleetHost::Times() const {
  return {settings_.fleet.lease_time, HeartbeatInterval(settings_.fleet.lease_time, streams_.size())};
}

void FleetHost::OnProgress(fleet::StreamId stream, const v1::Progress& progress) {
  const auto shard = streams_.ShardOf(stream, LeaseId(progress.lease()));
  if (!shard) return;
  v1::ProgressTick tick;
  tick.set_shard(shard->index.value());
  tick.set_case_id(progress.case_id());
  tick.set_step(progress.step());
  watchers_.Tick(shard->job, tick);
}

absl::StatusOr<WatcherId> FleetHost::AddWatcher(const JobId& job, Watcher watcher) {
  assert(strand_.running_in_this_thread());
  if (!tenure_.ours) return NotHere();
  if (auto status = recollection_.CheckNotAside(job); !status.ok()) return status;
  const auto id = watchers_.Add(job, std::move(watcher));
  if (!id) return absl::ResourceExhaustedError("too many clients watch runs of this coordinator; try again");
  Apply(fleet::WatchersChanged{job, watchers_.CountOf(job)});
  return *id;
}

void FleetHost::RemoveWatcher(WatcherId id) {
  assert(strand_.running_in_this_thread());
  const JobId job = watchers_.Remove(id);
  if (!job.empty()) Apply(fleet::WatchersChanged{job, watchers_.CountOf(job)});
}

// --- the machine ----------------------------------------------------------------------------------------------------

void FleetHost::Apply(const fleet::Event& event) {
  assert(strand_.running_in_this_thread());
  if (!machine_) return;
  if (executing_) {
    // An effect made a stream end, or the like. The effects of this turn go first: commits must keep their order.
    boost::asio::post(strand_, [this, event] { Apply(event); });
    return;
  }
  // Another may have it by now, and renew or give leases.
  if (!tenure_.IsOurs(SteadyNow())) return GiveUp("its time has run out, and it could not be extended");
  Execute(machine_->Apply(event, Now{SteadyNow(), absl::Now()}));
  ArmTimer();
}

void FleetHost::Execute(const std::vector<fleet::Effect>& effects) {
  executing_ = true;
  for (const fleet::Effect& effect : effects) {
    // An effect may be that the machine was discarded; what it wanted after that is void.
    if (!machine_) break;
    std::visit([this](const auto& one) { On(one); }, effect);
  }
  executing_ = false;
}

void FleetHost::ArmTimer() {
  if (!machine_) return;
  const SteadyTime due = machine_->NextWakeup();
  if (due == SteadyTime::Infinite()) {
    wakeup_.cancel();
    return;
  }
  const absl::Duration wait = std::clamp(due - SteadyNow(), absl::ZeroDuration(), absl::Hours(1));
  wakeup_.expires_after(absl::ToChronoNanoseconds(wait));
  wakeup_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Apply(fleet::TimePassed{});
  });
}

void FleetHost::Load() {
  const store::Ownership ownership = *tenure_.ours;
  const bool taken = store_thread_.Load(ownership, [this, ownership](absl::StatusOr<FleetSnapshot> snapshot) {
    boost::asio::post(strand_, [this, ownership, snapshot = std::move(snapshot)]() mutable {
      OnLoaded(ownership, std::move(snapshot));
    });
  });
  if (!taken) OnLoaded(ownership, absl::UnavailableError("the store's queue is full"));
}

void FleetHost::LoadLater() {
  retry_.expires_after(absl::ToChronoNanoseconds(kLoadRetry));
  retry_.async_wait([this](const boost::system::error_code& error) {
    if (!error && tenure_.ours) Load();
  });
}

void FleetHost::OnLoaded(const store::Ownership& ownership, absl::StatusOr<FleetSnapshot> snapshot) {
  if (!tenure_.ours || tenure_.ours->epoch != ownership.epoch) return;
  if (!snapshot.ok()) {
    Settle(snapshot.status());
    if (absl::IsAborted(snapshot.status())) return GiveUp(ToStd(snapshot.status().message()));
    // Once for one reason, however often it is tried.
    if (tenure_.not_loaded != snapshot.status()) {
      spdlog::error("fleet not loaded fleet={} code={} reason=\"{}\"", name().value(),
                    absl::StatusCodeToString(snapshot.status().code()), ToStd(snapshot.status().message()));
    }
    tenure_.not_loaded = snapshot.status();
    return LoadLater();
  }
  tenure_.not_loaded = absl::OkStatus();
  spdlog::info("fleet loaded fleet={} open_jobs={} leases={} agents={} schedules={}", name().value(),
               snapshot->jobs.size(), snapshot->leases.size(), snapshot->agents.size(), snapshot->schedules.size());
  const Now now{SteadyNow(), absl::Now()};
  if (const std::string wrong = WrongClock(*snapshot, now.wall); !wrong.empty()) {
    spdlog::warn("{} fleet={}", wrong, name().value());
  }
  settings_.fleet.seed = absl::Uniform<std::uint64_t>(absl::BitGen());
  const std::vector<fleet::StoreRefused> refused = recollection_.Recall(*snapshot);
  machine_ = fleet::Fleet::Load(settings_.fleet, *snapshot, now, recollection_.leases());
  for (const fleet::StoreRefused& event : refused) Apply(event);
  Apply(fleet::TimePassed{});
  for (const JobId& job : watchers_.Jobs()) {
    if (const auto status = recollection_.CheckNotAside(job); !status.ok()) {
      watchers_.EndOf(job, status);
      continue;
    }
    Apply(fleet::WatchersChanged{job, watchers_.CountOf(job)});
    // A commit that failed may have been done, the last one of a job too, of which nothing follows any more.
    watchers_.Wake(job, 0);
  }
  Settle(absl::OkStatus());
}

void FleetHost::OnCommitted(const StoreThread::Report& report) {
  // Reports of a machine that was discarded come before the next one is loaded: the store's thread keeps the order.
  for (const fleet::Persisted& persisted : report.durable) {
    if (!machine_) return;
    feed_.OnPersisted(persisted.commit);
    Apply(persisted);
  }
  if (!machine_) return;
  if (!report.failure.ok()) return Discard(report.failure, report.failed);
  for (const auto& [stream, then] : paused_.TakeAllIfCaughtUp(store_thread_.backlog())) {
    Apply(fleet::ReadingResumed{stream});
    // One after the other, so that others get their turn between them.
    boost::asio::post(strand_, then);
  }
}

void FleetHost::Discard(const absl::Status& why, fleet::CommitId failed) {
  if (absl::IsAborted(why)) return GiveUp(ToStd(why.message()));
  spdlog::error("commit failed, fleet is loaded again fleet={} code={} reason=\"{}\"", name().value(),
                absl::StatusCodeToString(why.code()), ToStd(why.message()));
  if (store::IsRefusal(why)) {
    // The same would come of it again and again. Who asked for it is told; the run that it was about is ended.
    for (const fleet::RequestId request : machine_->RequestsOf(failed)) requests_.Answer(request, NeverStored(why));
    if (const auto job = store::RefusedJob(why)) recollection_.NoteRefusal(*job, std::string(ToStd(why.message())));
  }
  EndAll(NotStored(why));
  // A store that refuses every change is not asked as fast as it can refuse: what is due is due again after a load.
  if (!recollection_.IsSameTrouble(SteadyNow())) return Load();
  tenure_.not_loaded = why;
  LoadLater();
}

// --- effects --------------------------------------------------------------------------------------------------------

void FleetHost::On(const fleet::Persist& effect) {
  feed_.OnPersist(effect.commit, effect.batch);
  if (!store_thread_.Commit(effect.commit, effect.batch)) Discard(absl::UnavailableError("the store's queue is full"));
}

void FleetHost::On(const fleet::SendWelcome& effect) { streams_.Send(effect.stream, ToMessage(effect, Times())); }

void FleetHost::On(const fleet::SendHeartbeatReply& effect) {
  const absl::Time received = streams_.HeartbeatReceived(effect.stream, effect.number);
  streams_.Send(effect.stream, ToMessage(effect, Times(), received));
}

void FleetHost::On(const fleet::SendShardDoneAck& effect) {
  streams_.ForgetLease(effect.stream, effect.lease);
  streams_.Send(effect.stream, ToMessage(effect));
}

void FleetHost::On(const fleet::CloseStream& effect) {
  spdlog::warn("agent stream closed stream={} reason=\"{}\"", effect.stream.value(), Printable(effect.reason));
  const absl::StatusCode code = effect.is_forbidden ? absl::StatusCode::kPermissionDenied
                                : effect.may_return ? absl::StatusCode::kUnavailable
                                                    : absl::StatusCode::kAborted;
  streams_.End(effect.stream, absl::Status(code, effect.reason));
}

void FleetHost::On(const fleet::AnswerSubmit& effect) { requests_.Answer(effect); }

void FleetHost::On(const fleet::AnswerCancel& effect) { requests_.Answer(effect.request, effect.status); }

void FleetHost::On(const fleet::AnswerWish& effect) { requests_.Answer(effect.request, effect.status); }

void FleetHost::On(const fleet::AnswerSetPolicy& effect) { requests_.Answer(effect); }

void FleetHost::On(const fleet::AnswerSchedule& effect) { requests_.Answer(effect); }

void FleetHost::On(const fleet::NotifyWatchers& effect) { watchers_.Wake(effect.job, effect.last_event); }

}  // namespace wsfleet::coordinator
