#include "tests/faults/rogue/raw_call.h"

#include <chrono>

namespace wsfleet::testing {

RawCall::RawCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method, const std::string& token,
                 const std::string& further_metadata)
    : stub_(channel) {
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  if (!token.empty()) context_.AddMetadata("authorization", "Bearer " + token);
  if (!further_metadata.empty()) context_.AddMetadata("x-further", further_metadata);
  call_ = stub_.PrepareCall(&context_, method, &queue_);
  call_->StartCall(nullptr);
  Await();
}

RawCall::~RawCall() {
  context_.TryCancel();
  if (!status_) Finish();
}

// The queue has one operation at a time.
bool RawCall::Await() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

bool RawCall::Write(const std::string& bytes) {
  grpc::Slice slice(bytes);
  call_->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  return Await();
}

void RawCall::WritesDone() {
  call_->WritesDone(nullptr);
  Await();
}

std::optional<std::string> RawCall::Read() {
  grpc::ByteBuffer message;
  call_->Read(&message, nullptr);
  if (!Await()) return std::nullopt;
  grpc::Slice slice;
  if (!message.DumpToSingleSlice(&slice).ok()) return std::nullopt;
  return std::string(slice.begin(), slice.end());
}

grpc::Status RawCall::Finish() {
  if (status_) return *status_;
  while (Read()) {
  }
  call_->Finish(&status_.emplace(), nullptr);
  Await();
  return *status_;
}

}  // namespace wsfleet::testing
