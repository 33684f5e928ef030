#pragma once

#include <memory>
#include <optional>
#include <string>

#include "google/protobuf/message_lite.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"

namespace wsfleet::testing {

// A call of any method, streaming or not, in bytes: what the caller likes, whether it is a message or not. One
// operation after the other, on the caller's thread; ends by itself after 30 s.
class RawCall {
 public:
  // `method`: "/package.Service/Method". `token`: empty for none.
  RawCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method, const std::string& token = {},
          const std::string& further_metadata = {});
  // Cancels what is not over.
  ~RawCall();
  RawCall(const RawCall&) = delete;
  RawCall& operator=(const RawCall&) = delete;

  // False: the call is over.
  bool Write(const std::string& bytes);
  bool Write(const google::protobuf::MessageLite& message) { return Write(message.SerializeAsString()); }
  void WritesDone();
  // Nothing: the call is over.
  std::optional<std::string> Read();
  // Reads to the end.
  grpc::Status Finish();

 private:
  bool Await();

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  std::optional<grpc::Status> status_;
};

}  // namespace wsfleet::testing
