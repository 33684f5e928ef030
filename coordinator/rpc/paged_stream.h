#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/asio/post.hpp"
#include "coordinator/rpc/admission.h"
#include "coordinator/rpc/backend.h"
#include "coordinator/rpc/outbound.h"
#include "grpcpp/support/server_callback.h"
#include "proto/wire/convert.h"

namespace wsfleet::coordinator {

// A server stream of what may be long: read a page at a time on a reader's thread, the next one when the last was
// written. So a client that reads slowly has one page here, and slows down nobody else; one that does not read at all
// is dropped. Runs on the fleet strand; reactions post to it.
template <typename Message>
class PagedStream : public grpc::ServerWriteReactor<Message>,
                    public std::enable_shared_from_this<PagedStream<Message>> {
 public:
  // The next page, empty at the end. Called on readers' threads, one call after the other.
  using NextPage = std::function<absl::StatusOr<std::vector<Message>>()>;

  // Of a client. Begins when there is a slot, and ends if its token is no good any more.
  static PagedStream* Start(Backend& backend, grpc::CallbackServerContext& context, Slots& slots,
                            const absl::StatusOr<Admission>& admission, NextPage next_page) {
    const auto stream = Make(backend, context, std::move(next_page));
    if (admission.ok()) stream->admission_ = *admission;
    stream->Begin(slots, wire::ToGrpc(admission.status()));
    return stream.get();
  }

  // `check` answers, from whatever thread, whether the caller may have it.
  static PagedStream* StartIf(Backend& backend, grpc::CallbackServerContext& context, Slots& slots,
                              const std::function<void(StatusAnswer)>& check, NextPage next_page) {
    const auto stream = Make(backend, context, std::move(next_page));
    check([stream, &slots](const absl::Status& status) { stream->Begin(slots, wire::ToGrpc(status)); });
    return stream.get();
  }

 private:
  PagedStream(Backend& backend, grpc::CallbackServerContext& context, NextPage next_page)
      : backend_(backend),
        next_page_(std::move(next_page)),
        outbound_(backend.fleets.strand(), backend.peer_limit,
                  {.write = [this](const Message* message) { this->StartWrite(message); },
                   .finish = [this](const grpc::Status& status) { this->Finish(status); },
                   .cancel = [&context] { context.TryCancel(); }}) {}

  static std::shared_ptr<PagedStream> Make(Backend& backend, grpc::CallbackServerContext& context, NextPage next_page) {
    std::shared_ptr<PagedStream> stream(new PagedStream(backend, context, std::move(next_page)));
    stream->self_ = stream;
    stream->outbound_.SetOwner(stream);
    return stream;
  }

  void Begin(Slots& slots, const grpc::Status& refusal) {
    const auto begin = [stream = this->shared_from_this(), refusal](Slots::Slot slot) {
      boost::asio::post(stream->backend_.fleets.strand(), [stream, refusal, slot = std::move(slot)] {
        stream->slot_ = slot;
        refusal.ok() ? stream->ReadPage() : stream->outbound_.End(refusal);
      });
    };
    if (refusal.ok() && slots.Take(begin)) return;
    boost::asio::post(backend_.fleets.strand(), [stream = this->shared_from_this(), refusal] {
      stream->outbound_.End(refusal.ok() ? Busy() : refusal);
    });
  }

  static grpc::Status Gone() { return {grpc::StatusCode::CANCELLED, "the client is gone"}; }

  void ReadPage() {
    if (outbound_.ended()) return;
    if (const absl::Status status = admission_ ? admission_->Recheck() : absl::OkStatus(); !status.ok()) {
      return outbound_.End(wire::ToGrpc(status));
    }
    const bool posted = backend_.readers.Post([self = this->shared_from_this()] {
      boost::asio::post(self->backend_.fleets.strand(),
                        [self, page = self->next_page_()]() mutable { self->OnPage(std::move(page)); });
    });
    if (!posted) outbound_.End(Busy());
  }

  void OnPage(absl::StatusOr<std::vector<Message>> page) {
    if (!page.ok()) return outbound_.End(wire::ToGrpc(page.status()));
    if (page->empty()) return outbound_.EndWhenWritten(grpc::Status::OK);
    for (Message& message : *page) {
      if (!outbound_.Push(std::move(message))) return outbound_.End(Busy());
    }
  }

  void OnWriteDone(bool ok) override {
    boost::asio::post(backend_.fleets.strand(), [self = this->shared_from_this(), ok] {
      if (!ok) self->outbound_.End(Gone());
      self->outbound_.OnWritten();
      if (self->outbound_.size() == 0) self->ReadPage();
    });
  }
  void OnCancel() override {
    boost::asio::post(backend_.fleets.strand(), [self = this->shared_from_this()] { self->outbound_.End(Gone()); });
  }
  void OnDone() override {
    // The slot and the last reference go on the strand, like everything else.
    boost::asio::post(backend_.fleets.strand(), [self = std::move(self_)] {});
  }

  Backend& backend_;
  std::optional<Admission> admission_;  // of a client
  NextPage next_page_;
  Slots::Slot slot_;
  Outbound<Message> outbound_;
  std::shared_ptr<PagedStream> self_;  // until OnDone: gRPC holds a plain pointer
};

}  // namespace wsfleet::coordinator
