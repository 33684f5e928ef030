#include "agent/session_stream.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "boost/asio/executor_work_guard.hpp"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"

namespace wsfleet::agent {
namespace {

// A coordinator that reads so many messages once it may, and ends the stream.
class LateReader final : public v1::AgentSession::Service {
 public:
  explicit LateReader(std::size_t messages) : messages_(messages) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    stub_ = v1::AgentSession::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  }
  ~LateReader() override { server_->Shutdown(); }

  v1::AgentSession::Stub& stub() { return *stub_; }
  void Read() { may_read_.set_value(); }
  const std::vector<v1::AgentMessage::KindCase>& kinds() const { return kinds_; }

 private:
  grpc::Status Session(grpc::ServerContext*,
                       grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::AgentMessage>* stream) override {
    may_read_.get_future().wait();
    v1::AgentMessage message;
    while (kinds_.size() < messages_ && stream->Read(&message)) kinds_.push_back(message.kind_case());
    return grpc::Status::OK;
  }

  const std::size_t messages_;
  std::promise<void> may_read_;
  std::vector<v1::AgentMessage::KindCase> kinds_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::AgentSession::Stub> stub_;
};

v1::AgentMessage LargeResults() {
  v1::AgentMessage message;
  message.mutable_results()->add_results()->set_case_id(std::string(200 * 1024, 'x'));
  return message;
}

v1::AgentMessage Heartbeat() {
  v1::AgentMessage message;
  message.mutable_heartbeat()->set_number(1);
  return message;
}

TEST(SessionStream, LetsAHeartbeatPassResultsThatWait) {
  constexpr std::size_t kResults = 12;
  LateReader coordinator(kResults + 1);
  boost::asio::io_context strand(1);
  const auto work = boost::asio::make_work_guard(strand);
  const auto stream = std::make_shared<SessionStream>(
      strand, SessionStream::Handlers{.on_message = {}, .on_closed = [&](const absl::Status&) { strand.stop(); }});
  stream->Open(coordinator.stub());
  for (std::size_t i = 0; i < kResults; ++i) EXPECT_TRUE(stream->Send(LargeResults()));
  EXPECT_TRUE(stream->Send(Heartbeat(), SessionStream::Turn::kNext));
  EXPECT_EQ(stream->waiting(), kResults);
  coordinator.Read();
  strand.run();
  ASSERT_EQ(coordinator.kinds().size(), kResults + 1);
  // Behind the one that was being written.
  EXPECT_EQ(coordinator.kinds()[1], v1::AgentMessage::kHeartbeat);
}

// What it sends is no message, and then it waits; it reads when it is told to.
class Babbler final : public grpc::CallbackGenericService {
 public:
  Babbler() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
    stub_ = v1::AgentSession::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  }
  ~Babbler() override { server_->Shutdown(); }

  v1::AgentSession::Stub& stub() { return *stub_; }
  // Whatever comes on the stream that there is.
  void Read() { reactor_.load()->Read(); }

 private:
  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    Reactor() {
      const grpc::Slice slice("\xff\xff\xff\xff");
      babble_ = grpc::ByteBuffer(&slice, 1);
      StartWrite(&babble_);
    }
    void Read() { StartRead(&incoming_); }
    void OnReadDone(bool ok) override {
      if (ok) Read();
    }
    void OnCancel() override { Finish(grpc::Status::CANCELLED); }
    void OnDone() override { delete this; }

   private:
    grpc::ByteBuffer babble_, incoming_;
  };
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
    return reactor_ = new Reactor;
  }

  std::atomic<Reactor*> reactor_ = nullptr;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::AgentSession::Stub> stub_;
};

TEST(SessionStream, EndsOverAMessageThatCannotBeReadThoughTheCoordinatorGoesOn) {
  Babbler coordinator;
  boost::asio::io_context strand(1);
  const auto work = boost::asio::make_work_guard(strand);
  absl::Status end;
  const auto stream = std::make_shared<SessionStream>(
      strand, SessionStream::Handlers{.on_message = {}, .on_closed = [&](const absl::Status& status) {
                                        end = status;
                                        strand.stop();
                                      }});
  stream->Open(coordinator.stub());
  strand.run();
  EXPECT_FALSE(end.ok());
}

TEST(SessionStream, EndsOverSuchAMessageThoughWhatIsBeingWrittenArrivesAfterIt) {
  Babbler coordinator;
  boost::asio::io_context strand(1);
  const auto work = boost::asio::make_work_guard(strand);
  bool has_ended = false;
  const auto stream = std::make_shared<SessionStream>(
      strand, SessionStream::Handlers{.on_message = {}, .on_closed = [&](const absl::Status&) {
                                        has_ended = true;
                                        strand.stop();
                                      }});
  stream->Open(coordinator.stub());
  // More than gRPC takes off its hands while nobody reads: one of them is being written all the time.
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(stream->Send(LargeResults()));
  while (stream->Send(Heartbeat())) strand.run_one();
  coordinator.Read();
  strand.run_for(std::chrono::seconds(60));
  EXPECT_TRUE(has_ended);
}

}  // namespace
}  // namespace wsfleet::agent
