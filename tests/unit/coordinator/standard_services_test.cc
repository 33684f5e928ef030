#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "tests/unit/coordinator/coordinator_fixture.h"

// What tools of gRPC ask every server: grpc.health.v1 and reflection. Neither needs a token.
namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;

class StandardServices : public CoordinatorTest {
 protected:
  // One message to a method, and the first one back; Debian has no stubs of these services.
  std::string Ask(const std::string& method, const std::string& request) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = testing::ReadWholeFile(files_.ca);
    grpc::GenericStub stub(grpc::CreateChannel(coordinator_->client_address(), grpc::SslCredentials(tls)));
    grpc::CompletionQueue queue;
    grpc::ClientContext context;
    SetDeadline(context);
    const auto call = stub.PrepareCall(&context, method, &queue);
    grpc::Slice out(request);
    grpc::ByteBuffer reply;
    call->StartCall(nullptr);
    Await(queue);
    call->WriteLast(grpc::ByteBuffer(&out, 1), grpc::WriteOptions(), nullptr);
    Await(queue);
    call->Read(&reply, nullptr);
    Await(queue);
    grpc::Status status;
    call->Finish(&status, nullptr);
    context.TryCancel();
    Await(queue);
    grpc::Slice in;
    if (reply.Length() == 0 || !reply.DumpToSingleSlice(&in).ok()) return {};
    return std::string(in.begin(), in.end());
  }

 private:
  static void Await(grpc::CompletionQueue& queue) {
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue.Next(&tag, &ok));
  }
};

TEST_F(StandardServices, SayThatTheCoordinatorServes) {
  // HealthCheckResponse{status: SERVING}.
  EXPECT_EQ(Ask("/grpc.health.v1.Health/Check", ""), std::string("\x08\x01"));
}

TEST_F(StandardServices, ListWhatCanBeCalled) {
  // ServerReflectionRequest{list_services: ""}.
  const std::string services =
      Ask("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", std::string("\x3A\x00", 2));
  EXPECT_THAT(services, HasSubstr("wsfleet.v1.Jobs"));
  EXPECT_THAT(services, HasSubstr("wsfleet.v1.Fleets"));
}

}  // namespace
}  // namespace wsfleet::coordinator
