#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/session_stream.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "proto/wire/bundle.h"

namespace wsfleet::agent {
namespace {

// Answers each message; takes what a coordinator takes.
class AnsweringService final : public v1::AgentSession::Service {
 public:
  grpc::Status Session(grpc::ServerContext*,
                       grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::AgentMessage>* stream) override {
    for (v1::AgentMessage message; stream->Read(&message);) {
      v1::CoordinatorMessage answer;
      answer.mutable_heartbeat_reply()->set_number(message.heartbeat().number());
      stream->Write(answer);
    }
    return grpc::Status::OK;
  }
};

v1::AgentMessage HeartbeatNumber(std::uint64_t number) {
  v1::AgentMessage message;
  message.mutable_heartbeat()->set_number(number);
  return message;
}

TEST(SessionStream, Fault17RefusesAMessageOverTheLimitAndGoesOn) {
  AnsweringService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(static_cast<int>(wire::kMaxMessageBytes));
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto stub = v1::AgentSession::NewStub(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));

  boost::asio::io_context strand(1);
  const auto work = boost::asio::make_work_guard(strand);
  std::vector<std::uint64_t> answered;
  std::shared_ptr<SessionStream> stream;
  bool closed = false;
  stream = std::make_shared<SessionStream>(
      strand, SessionStream::Handlers{.on_message =
                                          [&](const v1::CoordinatorMessage& message) {
                                            answered.push_back(message.heartbeat_reply().number());
                                            if (answered.size() == 2) stream->Cancel();
                                          },
                                      .on_closed =
                                          [&](const absl::Status&) {
                                            closed = true;
                                            strand.stop();
                                          }});
  stream->Open(*stub);
  EXPECT_TRUE(stream->Send(HeartbeatNumber(1)));
  v1::AgentMessage giant;
  giant.mutable_assignment_refused()->set_reason(std::string(wire::kMaxMessageBytes, 'x'));
  EXPECT_FALSE(stream->Send(giant));
  EXPECT_TRUE(stream->Send(HeartbeatNumber(2)));
  strand.run();
  EXPECT_TRUE(closed);
  EXPECT_EQ(answered, (std::vector<std::uint64_t>{1, 2}));
  server->Shutdown();
}

}  // namespace
}  // namespace wsfleet::agent
