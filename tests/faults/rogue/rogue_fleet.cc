#include "tests/faults/rogue/rogue_fleet.h"

#include <sstream>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "tests/faults/faulty_run.h"
#include "tests/support/sanitized.h"

namespace wsfleet::testing {
namespace {

constexpr char kSuite[] = R"(version: wsfleet/v1
name: honest
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
scenarios:
  - name: health
    matrix: {round: [1, 2]}
    steps:
      - http: {get: /health}
      - wait: 200ms
      - http: {get: /health, expect: {status: 200}}
)";

// More than a coordinator of a few agents needs, and less than what is thrown at it.
constexpr std::size_t kMaxPeakKib = (kSanitized ? 1536 : 512) * 1024;

RealFleet::Settings WithItsOwnAuthority() {
  RealFleet::Settings settings;
  settings.own_ca = true;
  settings.lease_time = "5s";
  return settings;
}

// A line "VmHWM:   12345 kB".
std::size_t PeakKib(pid_t pid) {
  std::istringstream lines(ReadWholeFile(fmt::format("/proc/{}/status", pid)));
  std::size_t kib = 0;
  for (std::string word; lines >> word;) {
    if (word == "VmHWM:") lines >> kib;
  }
  return kib;
}

// Each on connections of its own: what one does to its connection, no other has to bear.
grpc::ChannelArguments Alone() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return arguments;
}

}  // namespace

RogueFleet::RogueFleet() : fleet_(WithItsOwnAuthority()), coordinator_(fleet_.coordinator().pid()) {
  honest_ = Enrol("honest", "eu-west-1");
  // A program of ours fetches the rogue's certificate, and has then served.
  Enrol("rogue", "us-east-1");
}

std::unique_ptr<ChildProcess> RogueFleet::Enrol(const std::string& id, const std::string& region) {
  const Finished token = fleet_.Run({"agents", "join-token", "create", "-q", "--region", region, "--pool", "team"});
  EXPECT_EQ(token.exit_code, 0) << token.err;
  auto agent = std::make_unique<ChildProcess>(fleet_.EnrollingAgent(id, region, token.out));
  EXPECT_TRUE(AwaitLog(*agent, "session begins")) << agent->err();
  return agent;
}

void RogueFleet::RestartHonest() {
  honest_.reset();
  honest_ = std::make_unique<ChildProcess>(fleet_.EnrollingAgent("honest", "eu-west-1", "used"));
}

std::shared_ptr<grpc::Channel> RogueFleet::AgentChannel() const {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ReadWholeFile(File("state/ca/trust.pem"));
  tls.pem_cert_chain = ReadWholeFile(File("identity-rogue/agent.pem"));
  tls.pem_private_key = ReadWholeFile(File("identity-rogue/agent.key"));
  return grpc::CreateCustomChannel(fleet_.agent_addresses(), grpc::SslCredentials(tls), Alone());
}

std::shared_ptr<grpc::Channel> RogueFleet::ClientChannel() const {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ReadWholeFile(File("state/ca/trust.pem"));
  return grpc::CreateCustomChannel(fleet_.client_addresses(), grpc::SslCredentials(tls), Alone());
}

std::string RogueFleet::token() const {
  std::string token = ReadWholeFile(File("token"));
  while (!token.empty() && token.back() == '\n') token.pop_back();
  return token;
}

std::string RogueFleet::SubmitDetached(const std::string& region) const {
  const Finished run = fleet_.Run({"run", fleet_.directory().Write("honest.wsfleet.yaml", kSuite), "--var",
                                   "target=" + target_.ws_url(), "--from", region, "--detach", "--agents-wait", "20s"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return run.out.substr(0, run.out.find('\n'));
}

void RogueFleet::ExpectHonestRunPasses() {
  const Finished run = fleet_.Run({"run", fleet_.directory().Write("honest.wsfleet.yaml", kSuite), "--var",
                                   "target=" + target_.ws_url(), "--from", "eu-west-1", "--agents-wait", "20s"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err << honest_->err() << fleet_.coordinator().err();
}

void RogueFleet::ExpectWell() {
  ChildProcess& coordinator = fleet_.coordinator();
  ASSERT_TRUE(coordinator.running()) << coordinator.err();
  EXPECT_EQ(coordinator.pid(), coordinator_);
  EXPECT_LT(PeakKib(coordinator_), kMaxPeakKib);
  const std::string log = coordinator.err().substr(checked_log_);
  checked_log_ += log.size();
  const auto control = FindControlByte(log);
  EXPECT_EQ(control, std::nullopt) << "after: " << log.substr(0, control.value_or(0));
}

std::optional<std::size_t> FindControlByte(const std::string& text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == 0x7f || (byte < 0x20 && byte != '\n' && byte != '\t')) return at;
  }
  return std::nullopt;
}

}  // namespace wsfleet::testing
