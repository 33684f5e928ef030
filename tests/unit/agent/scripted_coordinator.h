#pragma once

#include <memory>
#include <string>

#include "agent/agent.h"
#include "boost/asio/executor_work_guard.hpp"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"

// What tests have in common that play the coordinator for an agent.
namespace wsfleet::agent {

// Serves one service on loopback, in plain text.
class LoopbackServer {
 public:
  explicit LoopbackServer(grpc::Service& service) {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~LoopbackServer() { Stop(); }

  void Stop() { server_->Shutdown(); }
  const std::string& address() const { return address_; }
  std::shared_ptr<grpc::Channel> Dial() const { return DialTo(address_); }
  static std::shared_ptr<grpc::Channel> DialTo(const std::string& address) {
    return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  }

 private:
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

inline v1::CoordinatorMessage WelcomeWith(absl::Duration lease_time, absl::Duration heartbeat_interval) {
  v1::CoordinatorMessage message;
  v1::Welcome* welcome = message.mutable_welcome();
  welcome->set_credits(8);
  *welcome->mutable_lease_time() = wire::ToWire(lease_time);
  *welcome->mutable_heartbeat_interval() = wire::ToWire(heartbeat_interval);
  return message;
}

// The first attempt of a shard that has the number of its lease; one suite, with these steps in each scenario.
inline v1::CoordinatorMessage AssignmentOf(std::uint64_t lease, const std::string& scenarios) {
  Bundle bundle;
  bundle.suites = {"gate.wsfleet.yaml"};
  bundle.files["gate.wsfleet.yaml"] =
      "version: wsfleet/v1\nname: gate\ntarget: ws://127.0.0.1:1\nscenarios: " + scenarios + "\n";
  const std::string canonical = wire::CanonicalForm(bundle);
  v1::CoordinatorMessage message;
  v1::Assignment* assignment = message.mutable_assignment();
  assignment->set_bundle_content(canonical);
  assignment->mutable_bundle()->set_digest(wire::Digest(canonical).value());
  assignment->mutable_selection()->set_repeat(1);
  assignment->set_job("job");
  assignment->set_shard(lease);
  assignment->set_attempt(1);
  assignment->set_lease(lease);
  return message;
}

// Until the agent stops, such as when its session is refused for good.
inline void RunAgentOf(const LoopbackServer& coordinator, std::uint32_t max_shards = 1) {
  boost::asio::io_context strand(1);
  const auto work = boost::asio::make_work_guard(strand);
  AgentOptions options;
  options.facts.id = AgentId("eu-1");
  options.facts.region = RegionName("eu-west-1");
  options.max_shards = max_shards;
  Agent agent(strand, std::move(options), Endpoints({coordinator.address()}, &LoopbackServer::DialTo),
              Agent::Handlers{.on_session = [] {}, .on_stopped = [&](int) { strand.stop(); }});
  ASSERT_TRUE(agent.Start().ok());
  strand.run();
}

}  // namespace wsfleet::agent
