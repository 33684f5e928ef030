#include "coordinator/rpc/agent_session.h"

#include <utility>

#include "absl/time/clock.h"
#include "boost/asio/post.hpp"
#include "coordinator/access/agent_record.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"
#include "proto/wire/secrets.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr absl::Duration kHelloLimit = absl::Seconds(10);

}  // namespace

AgentSession::AgentSession(Backend& backend, const AgentGate& gate, grpc::CallbackServerContext& context,
                           const Limits& limits)
    : fleets_(backend.fleets),
      gate_(gate),
      audit_(backend.audit),
      proof_(gate.ProofOf(context)),
      peer_(context.peer()),
      is_private_(AgentGate::IsPrivate(context)),
      limits_(limits),
      outbound_(backend.fleets.strand(), limits.unread,
                {.write = [this](const v1::CoordinatorMessage* message) { StartWrite(message); },
                 .finish = [this](const grpc::Status& status) { Finish(status); },
                 .cancel = [&context] { context.TryCancel(); },
                 .forget = [](v1::CoordinatorMessage& message) { wire::WipeSecrets(message); }}),
      silence_(backend.fleets.strand()) {}

void AgentSession::Begin() {
  self_ = shared_from_this();
  outbound_.SetOwner(self_);
  boost::asio::post(fleets_.strand(), [self = self_] {
    self->ListenFor(kHelloLimit);
    if (!self->outbound_.ended()) self->StartRead(&self->incoming_);
  });
}

void AgentSession::ListenFor(absl::Duration limit) {
  silence_.expires_after(absl::ToChronoNanoseconds(limit));
  silence_.async_wait([weak = weak_from_this(), limit](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->End(absl::DeadlineExceededError(fmt::format("nothing was heard for {}", DurationText(limit))));
  });
}

void AgentSession::OnReadDone(bool ok) {
  const absl::Time received = absl::Now();
  boost::asio::post(fleets_.strand(), [self = shared_from_this(), ok, received] {
    if (!ok) {
      self->End(absl::CancelledError("the agent closed the stream"));
    } else if (!self->outbound_.ended()) {
      self->Receive(received);
    }
  });
}

void AgentSession::Receive(absl::Time received) {
  if (const absl::Status status = Handle(incoming_, received); !status.ok()) {
    End(status);
    return;
  }
  if (outbound_.ended()) return;
  if (!incoming_.has_results() || !host_->IsBehind()) return ReadOn();
  silence_.cancel();
  host_->PauseReading(*stream_, [weak = weak_from_this()] {
    if (const auto self = weak.lock(); self && !self->outbound_.ended()) self->ReadOn();
  });
}

void AgentSession::ReadOn() {
  ListenFor(limits_.silence);
  incoming_.Clear();
  StartRead(&incoming_);
}

absl::Status AgentSession::Handle(const v1::AgentMessage& message, absl::Time received) {
  if (message.kind_case() == v1::AgentMessage::kHello) return OnHello(message.hello());
  if (!stream_) return absl::InvalidArgumentError("the first message of an agent is Hello");
  // What was right at its hello may have been revoked, or have expired since.
  if (auto status = gate_.Check(*proof_, host_->name(), agent_, received); !status.ok()) return status;
  switch (message.kind_case()) {
    case v1::AgentMessage::kHeartbeat: {
      auto event = ParseHeartbeat(message.heartbeat());
      if (!event.ok()) return event.status();
      host_->OnHeartbeat(*stream_, message.heartbeat(), *std::move(event), received);
      return absl::OkStatus();
    }
    case v1::AgentMessage::kResults: {
      auto event = ParseResults(message.results());
      if (!event.ok()) return event.status();
      event->stream = *stream_;
      host_->OnResults(*std::move(event));
      return absl::OkStatus();
    }
    case v1::AgentMessage::kShardDone:
      return ApplyParsed(ParseShardDone(message.shard_done()));
    case v1::AgentMessage::kAssignmentRefused: {
      fleet::AssignmentRefused event;
      event.lease = LeaseId(message.assignment_refused().lease());
      event.reason = Excerpt(message.assignment_refused().reason(), 1024);
      return ApplyParsed(absl::StatusOr<fleet::AssignmentRefused>(std::move(event)));
    }
    case v1::AgentMessage::kDrainRequested:
      return ApplyParsed(absl::StatusOr<fleet::DrainRequested>(fleet::DrainRequested{}));
    case v1::AgentMessage::kProgress:
      host_->OnProgress(*stream_, message.progress());
      return absl::OkStatus();
    case v1::AgentMessage::kHello:
    case v1::AgentMessage::KIND_NOT_SET:
      // Of a newer agent; what this version does not know it leaves alone.
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

template <typename Parsed>
absl::Status AgentSession::ApplyParsed(Parsed event) {
  if (!event.ok()) return event.status();
  event->stream = *stream_;
  host_->Apply(*std::move(event));
  return absl::OkStatus();
}

absl::Status AgentSession::OnHello(const v1::Hello& hello) {
  if (stream_) return absl::InvalidArgumentError("an agent says Hello once");
  const auto host = fleets_.Find(hello.fleet());
  if (!host.ok()) return host.status();
  if (auto status = CheckName(hello, (*host)->name()); !status.ok()) {
    // The stream's end is logged.
    const AgentAttempt attempt{"agents.hello", (*host)->name(), peer_, Excerpt(hello.agent(), 128), "", "", status};
    if (auto record = RecordOf(attempt, absl::Now())) audit_.Add(*std::move(record));
    return status;
  }
  auto event = ParseHello(hello, (*host)->name());
  if (!event.ok()) return event.status();
  host_ = *host;
  agent_ = event->agent.id;
  AgentSink sink;
  sink.is_private = is_private_;
  sink.keeps_secret_hosts = hello.keeps_secret_hosts();
  // The machine's streams are closed before this object goes: End() tells the host.
  sink.send = [this](v1::CoordinatorMessage message) {
    // Submits are refused whose assignment would not fit; an agent that gets none loses its lease.
    if (const std::size_t bytes = message.ByteSizeLong(); bytes > wire::kMaxMessageBytes) {
      spdlog::error("message not sent agent={} kind={} bytes={} limit={}", agent_.value(),
                    static_cast<int>(message.kind_case()), bytes, wire::kMaxMessageBytes);
    } else if (!outbound_.Push(std::move(message))) {
      End(absl::ResourceExhaustedError("the agent does not read"));
    }
  };
  sink.check = [this] { return gate_.Check(*proof_, host_->name(), agent_, absl::Now()); };
  sink.end = [this](const absl::Status& status) {
    stream_.reset();
    End(status);
  };
  const auto stream = host_->Connect(std::move(sink), *std::move(event), hello.capacity().sessions());
  if (!outbound_.ended()) {
    stream_ = stream;
  } else if (stream) {
    // It was closed, or could not be written to, while it was connected.
    host_->Disconnect(*stream);
  }
  return absl::OkStatus();
}

absl::Status AgentSession::CheckName(const v1::Hello& hello, const FleetName& fleet) const {
  if (!proof_.ok()) return proof_.status();
  const absl::Status status = gate_.Check(*proof_, fleet, AgentId(hello.agent()), absl::Now());
  return status.ok() ? AgentGate::CheckRegion(*proof_, RegionName(hello.region())) : status;
}

void AgentSession::End(const absl::Status& status) {
  if (outbound_.ended()) return;
  silence_.cancel();
  spdlog::info("agent stream ends agent={} peer={} code={} reason=\"{}\"", agent_.value(), peer_,
               absl::StatusCodeToString(status.code()), Printable(ToStd(status.message())));
  outbound_.End(wire::ToGrpc(status));
  if (stream_) host_->Disconnect(*std::exchange(stream_, std::nullopt));
}

void AgentSession::OnWriteDone(bool ok) {
  boost::asio::post(fleets_.strand(), [self = shared_from_this(), ok] {
    if (!ok) self->End(absl::UnavailableError("the connection to the agent is gone"));
    self->outbound_.OnWritten();
  });
}

void AgentSession::OnCancel() {
  boost::asio::post(fleets_.strand(),
                    [self = shared_from_this()] { self->End(absl::CancelledError("the agent's connection is gone")); });
}

void AgentSession::OnDone() {
  // The last reference goes on the strand, like everything else.
  boost::asio::post(fleets_.strand(), [self = std::move(self_)] {});
}

}  // namespace wsfleet::coordinator
