#include "coordinator/rpc/agent_gate.h"

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "coordinator/coordinator.h"
#include "coordinator/log_limit.h"
#include "coordinator/open_store.h"
#include "coordinator/tls/authority.h"
#include "coordinator/tls/x509.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "spdlog/sinks/ostream_sink.h"
#include "spdlog/spdlog.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/coordinator/certificate_request.h"
#include "tests/unit/coordinator/scripted_agent.h"
#include "wsfleet/v1/enrolment.grpc.pb.h"
#include "wsfleet/v1/fleet.grpc.pb.h"

// Who gets in at the listeners of a coordinator with an authority of its own: agents that say something else than their
// certificates, and that no program of ours would be.
namespace wsfleet::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ReadWholeFile;

class AgentGateTest : public ::testing::Test {
 protected:
  AgentGateTest() {
    options_.agent_listen = options_.client_listen = options_.enrol_listen = "127.0.0.1:0";
    options_.store = ":memory:";
    options_.state_directory = directory_.path().string();
    options_.own_ca = true;
    options_.client_token_file = directory_.Write("token", "t");
    std::filesystem::permissions(options_.client_token_file, std::filesystem::perms::owner_read);
    auto store = OpenStore(options_.store);
    auto started = Coordinator::Start(options_, *std::move(store));
    EXPECT_TRUE(started.ok()) << started.status();
    coordinator_ = *std::move(started);
    enrolment_ = v1::Enrolment::NewStub(Channel(coordinator_->enrol_address(), ""));
    operators_ = v1::AgentIdentities::NewStub(Channel(coordinator_->client_address(), ""));
  }

  std::string ca() const { return AuthorityDirectory(options_.state_directory); }

  std::shared_ptr<grpc::Channel> Channel(const std::string& address, const std::string& certificate) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = ReadWholeFile(AuthorityFiles(ca()).trusted);
    if (!certificate.empty()) {
      tls.pem_cert_chain = certificate;
      tls.pem_private_key = x509::Pem(key_.get());
    }
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(address, grpc::SslCredentials(tls), arguments);
  }
  // A connection to the agents' listener, as this agent.
  std::shared_ptr<grpc::Channel> As(const AgentName& name, absl::Duration life = absl::Hours(1)) {
    const auto issued = Authority::Open(ca(), absl::Now())->IssueToAgent(key_.get(), name, life, absl::Now());
    return Channel(coordinator_->agent_address(), issued->chain);
  }
  static AgentName Named(const std::string& instance = "host-0") {
    return {FleetName("default"), RegionName("eu-west-1"), PoolName("edge"), instance};
  }
  // How a session ends that begins so.
  grpc::Status Hello(const AgentName& certified, const std::string& agent, const std::string& region = "eu-west-1") {
    ScriptedAgent scripted(As(certified), agent, region);
    scripted.SayHello();
    return scripted.Finish();
  }
  static void ExpectDenied(const grpc::Status& status, const std::string& reason) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(reason));
  }
  std::unique_ptr<grpc::ClientContext> Context() {
    auto context = std::make_unique<grpc::ClientContext>();
    SetDeadline(*context);
    context->AddMetadata("authorization", "Bearer t");
    return context;
  }
  grpc::Status Renew(const std::shared_ptr<grpc::Channel>& channel, EVP_PKEY* key) {
    v1::RenewRequest request;
    request.set_request(RequestFor(key));
    v1::EnrolReply reply;
    return v1::Renewal::NewStub(channel)->Renew(Context().get(), request, &reply);
  }
  grpc::Status Revoke(const std::string& agent, bool undo = false) {
    v1::RevokeAgentsRequest request;
    request.add_agents(agent);
    request.set_reason("stolen");
    request.set_undo(undo);
    v1::RevokeAgentsReply reply;
    return operators_->RevokeAgents(Context().get(), request, &reply);
  }
  std::vector<std::string> Connected() {
    v1::ListAgentsReply reply;
    const auto fleets = v1::Fleets::NewStub(Channel(coordinator_->client_address(), ""));
    EXPECT_TRUE(fleets->ListAgents(Context().get(), {}, &reply).ok());
    std::vector<std::string> connected;
    for (const v1::Agent& agent : reply.agents()) {
      if (agent.state() == v1::AGENT_STATE_CONNECTED) connected.push_back(agent.agent());
    }
    return connected;
  }
  std::string NewToken() {
    v1::CreateJoinTokenRequest request;
    request.set_region("eu-west-1");
    request.set_pool("edge");
    v1::CreateJoinTokenReply reply;
    const grpc::Status status = operators_->CreateJoinToken(Context().get(), request, &reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return reply.join_token();
  }
  v1::EnrolRequest Order(const std::string& token) {
    v1::EnrolRequest request;
    request.set_join_token(token);
    request.set_request(RequestFor(key_.get()));
    request.set_instance("host-0");
    request.set_fleet("default");
    request.set_region("eu-west-1");
    return request;
  }
  std::pair<grpc::Status, v1::EnrolReply> Enrol(const v1::EnrolRequest& request) {
    v1::EnrolReply reply;
    const grpc::Status status = enrolment_->Enrol(Context().get(), request, &reply);
    return {status, reply};
  }

  testing::TemporaryDirectory directory_;
  CoordinatorOptions options_;
  const x509::Key key_ = x509::NewKey();
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<v1::Enrolment::Stub> enrolment_;
  std::unique_ptr<v1::AgentIdentities::Stub> operators_;
};

// What the process logs, from before there are threads that do.
class CapturedLog {
 protected:
  CapturedLog() {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("captured", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  ~CapturedLog() { spdlog::set_default_logger(before_); }

  std::ostringstream text_;

 private:
  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

class LoggedAgentGateTest : public CapturedLog, public AgentGateTest {};

TEST_F(LoggedAgentGateTest, WritesSoManyRefusedEnrolmentsIntoTheLogAndNoMore) {
  for (std::size_t i = 0; i < 10 * LogLimit::kMaxLines; ++i) {
    EXPECT_FALSE(Enrol(Order("wsj_none")).first.ok());
  }
  EXPECT_TRUE(Enrol(Order(NewToken())).first.ok());
  coordinator_.reset();
  std::size_t refused = 0, granted = 0;
  for (const absl::string_view line : absl::StrSplit(text_.str(), '\n')) {
    if (absl::StrContains(line, "agents.enrol")) ++(absl::StrContains(line, "code=OK") ? granted : refused);
  }
  // More than one window, should the machine be that slow.
  EXPECT_GE(refused, LogLimit::kMaxLines);
  EXPECT_LT(refused, 10 * LogLimit::kMaxLines);
  EXPECT_EQ(granted, 1u) << "they are not counted";
}

TEST_F(AgentGateTest, LetsAnAgentInAsWhatItsCertificateSays) {
  ScriptedAgent one(As(Named()), "edge.host-0", "eu-west-1");
  EXPECT_GT(one.SayHello().session_epoch(), 0u);
  // One that replicas share.
  ScriptedAgent other(As(Named("")), "edge.host-1", "eu-west-1");
  EXPECT_GT(other.SayHello().session_epoch(), 0u);
}

TEST_F(AgentGateTest, RefusesAnAgentThatSaysItIsAnother) {
  ExpectDenied(Hello(Named(), "edge.host-1"), "is for agent edge.host-0, it says edge.host-1");
  ExpectDenied(Hello(Named(), "host-0"), "is for agent edge.host-0");
  ExpectDenied(Hello(Named(""), "lab.host-0"), "is for agents edge.");
  ExpectDenied(Hello(Named(), "edge.host-0", "us-east-1"), "is for region eu-west-1, it says us-east-1");
  AgentName blue = Named();
  blue.fleet = FleetName("blue");
  ExpectDenied(Hello(blue, "edge.host-0"), "is for fleet blue, it says default");
}

TEST_F(AgentGateTest, RefusesACertificateThatNamesNobody) {
  // Of the right authority, and a server's at that; gRPC ends it in the handshake, or the gate does.
  const auto file = Authority::Open(ca(), absl::Now())->KeepServerCertificate({"localhost"}, absl::Now());
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ReadWholeFile(AuthorityFiles(ca()).trusted);
  tls.pem_cert_chain = tls.pem_private_key = ReadWholeFile(*file);
  ScriptedAgent server(grpc::CreateChannel(coordinator_->agent_address(), grpc::SslCredentials(tls)), "edge.host-0",
                       "eu-west-1");
  EXPECT_EQ(server.SayHello().session_epoch(), 0u);
  // Without any there is no connection.
  ScriptedAgent nobody(Channel(coordinator_->agent_address(), ""), "edge.host-0", "eu-west-1");
  EXPECT_EQ(nobody.SayHello().session_epoch(), 0u);
  EXPECT_EQ(nobody.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(AgentGateTest, GivesABundleOnlyToWhomTheCertificateNames) {
  const auto stub = v1::AgentSession::NewStub(As(Named()));
  for (const std::string agent : {"", "edge.host-1"}) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::FetchBundleRequest request;
    request.set_fleet("default");
    request.set_digest(std::string(64, '0'));
    request.set_agent(agent);
    const auto reader = stub->FetchBundle(&context, request);
    v1::BundleChunk chunk;
    EXPECT_FALSE(reader->Read(&chunk));
    ExpectDenied(reader->Finish(), "is for agent edge.host-0");
  }
}

// However long it says nothing: it would be given work, and secrets, meanwhile.
TEST_F(AgentGateTest, EndsASessionAtOnceWhenItIsRevokedAndLetsNoOtherBegin) {
  ScriptedAgent agent(As(Named()), "edge.host-0", "eu-west-1"), other(As(Named("host-1")), "edge.host-1", "eu-west-1");
  ASSERT_GT(agent.SayHello().session_epoch(), 0u);
  ASSERT_GT(other.SayHello().session_epoch(), 0u);
  ASSERT_TRUE(Revoke("edge.host-0").ok());
  EXPECT_THAT(Connected(), ElementsAre("edge.host-1"));
  ExpectDenied(agent.Finish(), "edge.host-0 was revoked");
  ExpectDenied(Hello(Named(), "edge.host-0"), "stolen");
  const auto channel = As(Named());
  ExpectDenied(Renew(channel, key_.get()), "stolen");
  ExpectDenied(Enrol(Order(NewToken())).first, "stolen");
  ASSERT_TRUE(Revoke("edge.host-0", true).ok());
  EXPECT_EQ(Revoke("edge.host-0", true).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(Renew(channel, key_.get()).ok());
}

TEST_F(AgentGateTest, EndsASessionWhoseCertificateHasExpired) {
  grpc::Status ended;
  // The handshake may take longer than a certificate lives that is to expire soon.
  for (absl::Duration life = absl::Seconds(2); life < absl::Seconds(60); life *= 2) {
    ScriptedAgent agent(As(Named(), life), "edge.host-0", "eu-west-1");
    if (agent.SayHello().session_epoch() == 0) continue;
    v1::AgentMessage message;
    do {
      message.mutable_heartbeat()->set_number(message.heartbeat().number() + 1);
      agent.Send(message);
    } while (agent.Await(v1::CoordinatorMessage::kHeartbeatReply).has_heartbeat_reply());
    ended = agent.Finish();
    break;
  }
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(ended.error_message(), HasSubstr("certificate expired at"));
}

TEST(AgentGate, LetsAnAgentStayThatHasRenewedItsCertificate) {
  const RevocationList nobody;
  AgentGate gate(AgentNames::kDemanded, nobody);
  const absl::Time expiry = absl::UnixEpoch();
  const AgentProof proof{AgentName{FleetName("default"), RegionName("eu-west-1"), PoolName("edge"), "host-0"}, "a key",
                         expiry};
  const auto check = [&](const AgentProof& shown, absl::Time now) {
    return gate.Check(shown, FleetName("default"), AgentId("edge.host-0"), now).code();
  };
  EXPECT_EQ(check(proof, expiry - absl::Seconds(1)), absl::StatusCode::kOk);
  EXPECT_EQ(check(proof, expiry), absl::StatusCode::kUnavailable);
  gate.NoteRenewed(proof, expiry + absl::Hours(1), expiry);
  EXPECT_EQ(check(proof, expiry), absl::StatusCode::kOk);
  EXPECT_EQ(check(proof, expiry + absl::Hours(1)), absl::StatusCode::kUnavailable);
  AgentProof of_another_key = proof;
  of_another_key.key = "another key";
  EXPECT_EQ(check(of_another_key, expiry), absl::StatusCode::kUnavailable);
}

TEST_F(AgentGateTest, EnrolsTheSameKeyAgainButNoOther) {
  const std::string token = NewToken();
  const auto [first, reply] = Enrol(Order(token));
  ASSERT_TRUE(first.ok()) << first.error_message();
  EXPECT_THAT(reply.trusted(), HasSubstr("BEGIN CERTIFICATE"));
  // Its answer was lost.
  EXPECT_TRUE(Enrol(Order(token)).first.ok());
  v1::EnrolRequest other = Order(token);
  other.set_request(RequestFor(x509::NewKey().get()));
  const grpc::Status refused = Enrol(other).first;
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error_message(), HasSubstr("used up"));
}

TEST_F(AgentGateTest, CountsNoUseOfATokenForARequestThatIsRefused) {
  const std::string token = NewToken();
  v1::EnrolRequest elsewhere = Order(token);
  elsewhere.set_region("us-east-1");
  ExpectDenied(Enrol(elsewhere).first, "is for region eu-west-1");
  v1::EnrolRequest stolen = Order(token);
  stolen.set_request(RequestFor(key_.get(), x509::NewKey().get()));
  EXPECT_EQ(Enrol(stolen).first.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  v1::EnrolRequest odd = Order(token);
  odd.set_instance("a,URI:spiffe://wsfleet/fleet/blue");
  EXPECT_EQ(Enrol(odd).first.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  v1::EnrolRequest guessed = Order(token);
  guessed.mutable_join_token()->back() = token.back() == '0' ? '1' : '0';
  EXPECT_EQ(Enrol(guessed).first.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(Enrol(Order(token)).first.ok());
}

TEST_F(AgentGateTest, RenewsNothingOfARootThatIsTrustedNoMore) {
  const auto channel = As(Named());
  EXPECT_TRUE(Renew(channel, key_.get()).ok());
  ASSERT_TRUE(AddRoot(ca(), absl::Now()).ok());
  ASSERT_TRUE(IssueFromNewRoot(ca()).ok());
  EXPECT_TRUE(Renew(channel, key_.get()).ok()) << "as agents do in a rotation";
  ASSERT_TRUE(DropRoot(ca()).ok());
  ExpectDenied(Renew(channel, key_.get()), "of a root that is trusted no more");
}

TEST_F(AgentGateTest, RenewsNothingOfWhoHasTheKeyOfARootThatWasReplaced) {
  const auto forged = As(Named("evil"), absl::Hours(3000));
  EXPECT_TRUE(Renew(forged, key_.get()).ok());
  ASSERT_TRUE(ReplaceRoots(ca(), absl::Now()).ok());
  ExpectDenied(Renew(forged, key_.get()), "of a root that is trusted no more");
}

TEST_F(AgentGateTest, RenewsNothingForACertificateThatReplicasShare) {
  ExpectDenied(Renew(As(Named("")), key_.get()), "names no single agent");
}

TEST_F(AgentGateTest, RenewsTheKeyThatWasShownAndNoOther) {
  const auto channel = As(Named());
  ExpectDenied(Renew(channel, x509::NewKey().get()), "expected the key of the certificate that was shown");
  EXPECT_TRUE(Renew(channel, key_.get()).ok());
}

TEST_F(AgentGateTest, AsksOperatorsForTheirToken) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::CreateJoinTokenRequest request;
  request.set_region("eu-west-1");
  v1::CreateJoinTokenReply reply;
  EXPECT_EQ(operators_->CreateJoinToken(&context, request, &reply).error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace wsfleet::coordinator
