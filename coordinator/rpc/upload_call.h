#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "coordinator/rpc/admission.h"
#include "coordinator/rpc/backend.h"
#include "coordinator/rpc/bundle_upload.h"
#include "grpcpp/support/server_callback.h"
#include "proto/wire/convert.h"

namespace wsfleet::coordinator {

// A call whose client sends a header and a bundle in chunks, bounded in size and time; what is made of them is the
// derived class's. It waits for one of the slots of submits and gives it back at its end, or when nothing came for
// peer_limit. On the fleet strand; gRPC's reactions and the steps post to it. Lives until gRPC has reported its end.
template <typename Request>
class UploadCall : public grpc::ServerReadReactor<Request>, public std::enable_shared_from_this<UploadCall<Request>> {
 public:
  // Once, before gRPC gets the pointer.
  void Begin() {
    self_ = this->shared_from_this();
    caller_ = Identify(backend_, context_, rpc_);
    if (!caller_.ok()) return Post([this] { End(wire::ToGrpc(caller_.status())); });
    // What the client sends meanwhile waits in its stream.
    const bool in_line = backend_.submits.Take([self = self_](Slots::Slot slot) {
      self->Post([self = self.get(), slot = std::move(slot)]() mutable {
        if (self->ended_) return;
        self->slot_ = std::move(slot);
        self->deadline_ = absl::Now() + kMaxUpload;
        self->ReadPart();
      });
    });
    if (!in_line) Post([this] { End(Busy()); });
  }

 protected:
  UploadCall(Backend& backend, grpc::CallbackServerContext& context, Rpc rpc)
      : backend_(backend), rpc_(rpc), context_(context), patience_(backend.fleets.strand()) {}

  struct Subject {
    std::string fleet, object;  // as of Admit()
  };

  // Everything has come.
  virtual void OnUploaded() = 0;
  // The header of the first part; absent in those of chunks.
  virtual std::optional<Subject> TakeHeader(Request& part) = 0;

  template <typename Step>
  void Post(Step step) {
    boost::asio::post(backend_.fleets.strand(),
                      [self = this->shared_from_this(), step = std::move(step)]() mutable { step(); });
  }

  // Only the first call counts. The reply is gRPC's from then on.
  void End(const grpc::Status& status) {
    if (admission_) admission_->Done(wire::FromGrpc(status));
    Leave(status);
  }
  bool ended() const { return ended_; }

  Backend& backend() const { return backend_; }
  const Admission& admission() const { return *admission_; }  // since the header
  FleetHost& host() const { return admission_->host(); }
  BundleUpload& bundle() { return bundle_; }

 private:
  static constexpr absl::Duration kMaxUpload = absl::Minutes(5);

  void OnReadDone(bool ok) override {
    Post([this, ok] { Receive(ok); });
  }
  void OnCancel() override {
    // What was sent as a whole goes its way, and what becomes of it is taken down.
    Post([this] { uploaded_ ? Leave(Gone()) : End(Gone()); });
  }
  void OnDone() override {
    boost::asio::post(backend_.fleets.strand(), [self = std::move(self_)] {});
  }

  void Leave(const grpc::Status& status) {
    if (std::exchange(ended_, true)) return;
    patience_.cancel();
    slot_.reset();
    this->Finish(status);
  }

  static grpc::Status Gone() { return {grpc::StatusCode::CANCELLED, "the client is gone, or sent nothing for long"}; }

  void ReadPart() {
    const absl::Duration wait = std::min(backend_.peer_limit, deadline_ - absl::Now());
    patience_.expires_after(absl::ToChronoNanoseconds(std::max(wait, absl::ZeroDuration())));
    patience_.async_wait([weak = this->weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (!error && self && !self->ended_) self->context_.TryCancel();
    });
    this->StartRead(&part_);
  }

  void Receive(bool ok) {
    patience_.cancel();
    if (ended_) return;
    if (ok) {
      if (const grpc::Status status = Take(); !status.ok()) return End(status);
      part_.Clear();
      return ReadPart();
    }
    // The end of the parts, or of the connection; half a bundle would only be refused for its digest.
    if (context_.IsCancelled()) return End(Gone());
    if (!admission_) return End({grpc::StatusCode::INVALID_ARGUMENT, "the first part is a header"});
    // An upload may take minutes.
    if (const absl::Status status = admission_->Recheck(); !status.ok()) return End(wire::ToGrpc(status));
    uploaded_ = true;
    OnUploaded();
  }

  grpc::Status Take() {
    if (auto subject = TakeHeader(part_)) {
      if (admission_) return {grpc::StatusCode::INVALID_ARGUMENT, "there is one header"};
      auto admission = Admit(backend_, context_, rpc_, *caller_, subject->fleet, std::move(subject->object));
      if (!admission.ok()) return wire::ToGrpc(admission.status());
      admission_ = *std::move(admission);
      return grpc::Status::OK;
    }
    if (!admission_) return {grpc::StatusCode::INVALID_ARGUMENT, "the first part is a header"};
    return bundle_.Add(part_.chunk());
  }

  Backend& backend_;
  const Rpc rpc_;
  absl::StatusOr<Caller> caller_;
  std::optional<Admission> admission_;    // since the header
  grpc::CallbackServerContext& context_;  // until the end
  bool ended_ = false;
  bool uploaded_ = false;
  Slots::Slot slot_;
  absl::Time deadline_ = absl::InfiniteFuture();  // of everything that the client sends
  boost::asio::steady_timer patience_;
  Request part_;
  BundleUpload bundle_;
  std::shared_ptr<UploadCall> self_;  // until OnDone: gRPC holds a plain pointer
};

}  // namespace wsfleet::coordinator
