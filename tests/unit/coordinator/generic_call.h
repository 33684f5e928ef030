#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"

namespace wsfleet::coordinator {

// A call of any method, streaming or not, with one message: everything that comes back, and how it ended.
class GenericCall {
 public:
  // `method`: "/package.Service/Method".
  GenericCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method, const std::string& request,
              grpc::ClientContext& context)
      : stub_(channel) {
    const auto call = stub_.PrepareCall(&context, method, &queue_);
    call->StartCall(nullptr);
    Await();
    grpc::Slice out(request);
    call->WriteLast(grpc::ByteBuffer(&out, 1), grpc::WriteOptions(), nullptr);
    Await();
    for (bool more = true; more;) {
      grpc::ByteBuffer reply;
      call->Read(&reply, nullptr);
      more = Await();
      grpc::Slice in;
      if (more && reply.DumpToSingleSlice(&in).ok()) replies_.emplace_back(in.begin(), in.end());
    }
    call->Finish(&status_, nullptr);
    Await();
  }

  const grpc::Status& status() const { return status_; }
  const std::vector<std::string>& replies() const { return replies_; }

 private:
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue_.Next(&tag, &ok));
    return ok;
  }

  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  std::vector<std::string> replies_;
  grpc::Status status_;
};

}  // namespace wsfleet::coordinator
