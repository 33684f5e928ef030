#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "absl/status/statusor.h"
#include "coordinator/rpc/backend.h"
#include "grpcpp/support/server_callback.h"
#include "proto/wire/convert.h"

namespace wsfleet::coordinator {

// A server stream whose messages are all known after one read of the store: read on a reader's thread, then written one
// after the other. gRPC runs the reactions of one call in turn, and the read comes before the first of them, so nothing
// is locked. Destroys itself when gRPC has reported the end.
template <typename Message>
class ListStream : public grpc::ServerWriteReactor<Message> {
 public:
  using Read = std::function<absl::StatusOr<std::deque<Message>>()>;

  // `refusal`: what was found wrong with the call already.
  static ListStream* Start(Backend& backend, const grpc::Status& refusal, Read read) {
    auto* stream = new ListStream(backend.listings.Take());
    if (!refusal.ok()) {
      stream->Finish(refusal);
    } else if (stream->slot_ == nullptr ||
               !backend.readers.Post([stream, read = std::move(read)] { stream->OnRead(read()); })) {
      stream->Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, "the coordinator answers too many requests; try again"});
    }
    return stream;
  }

 private:
  explicit ListStream(Slots::Slot slot) : slot_(std::move(slot)) {}

  void OnRead(absl::StatusOr<std::deque<Message>> messages) {
    if (!messages.ok()) return this->Finish(wire::ToGrpc(messages.status()));
    messages_ = *std::move(messages);
    WriteNext();
  }

  void WriteNext() {
    if (messages_.empty()) return this->Finish(grpc::Status::OK);
    this->StartWrite(&messages_.front());
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return this->Finish({grpc::StatusCode::CANCELLED, "the client is gone"});
    messages_.pop_front();
    WriteNext();
  }

  void OnDone() override { delete this; }

  Slots::Slot slot_;
  std::deque<Message> messages_;
};

}  // namespace wsfleet::coordinator
