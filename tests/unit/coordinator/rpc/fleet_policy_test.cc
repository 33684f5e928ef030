#include <memory>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/unit/coordinator/coordinator_fixture.h"
#include "wsfleet/v1/access.grpc.pb.h"

// A fleet's policy over the wire: who is refused by it, and what agents are told.
namespace wsfleet::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kAnyPolicy[] = "version: wsfleet/v1\ntargets: any\n";
constexpr char kNonePolicy[] = "version: wsfleet/v1\ntargets: []\n";
// The good suite's target, and a limit.
constexpr char kOnePolicy[] =
    "version: wsfleet/v1\ntargets:\n  - host: \"127.0.0.1\"\n    ports: [1]\nlimits:\n  connections_per_run: 7\n";

class PolicyTest : public CoordinatorTest {
 protected:
  v1::FleetPolicy Policy() {
    v1::FleetPolicy reply;
    const grpc::Status status = fleets_->GetPolicy(Context().get(), {}, &reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return reply;
  }
  std::pair<grpc::Status, v1::SetPolicyReply> Set(const std::string& policy, bool dry_run = false) {
    v1::SetPolicyRequest request;
    request.set_policy(policy);
    request.set_dry_run(dry_run);
    v1::SetPolicyReply reply;
    const grpc::Status status = fleets_->SetPolicy(Context().get(), request, &reply);
    return {status, reply};
  }
};

TEST_F(PolicyTest, OfAMachinesOwnFleetAllowsAnyTarget) {
  EXPECT_EQ(Policy().policy(), kAnyPolicy);
  EXPECT_EQ(Policy().version(), 0U);
  EXPECT_TRUE(Submit().first.ok());
}

TEST_F(PolicyTest, OfAFleetThatOthersReachAllowsNothingBeforeItIsSet) {
  options_.agent_listen = "0.0.0.0:0";
  Restart();
  EXPECT_EQ(Policy().policy(), kNonePolicy);
  const grpc::Status refused = Submit().first;
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(refused.error_message(), AllOf(HasSubstr("gate.wsfleet.yaml:3:"),
                                             HasSubstr("target 127.0.0.1:1 is refused by the policy of fleet "
                                                       "default: it allows no target yet"),
                                             HasSubstr("wsfleet fleet policy set")));
  ASSERT_TRUE(Set(kOnePolicy).first.ok());
  EXPECT_TRUE(Submit().first.ok());
}

TEST_F(PolicyTest, IsWhatTheCoordinatorWasStartedWithUntilItIsSet) {
  options_.policy = FleetPolicy();
  Restart();
  EXPECT_EQ(Policy().policy(), kNonePolicy);
  ASSERT_TRUE(Set(kOnePolicy).first.ok());
  options_.policy.reset();
  Restart();
  EXPECT_EQ(Policy().policy(), kOnePolicy);
  EXPECT_EQ(Policy().version(), 1U);
}

TEST_F(PolicyTest, IsSetOnceAndAuditedOnce) {
  const auto [shown, difference] = Set(kOnePolicy, true);
  ASSERT_TRUE(shown.ok()) << shown.error_message();
  EXPECT_EQ(difference.before().policy(), kAnyPolicy);
  EXPECT_EQ(difference.after().policy(), kOnePolicy);
  EXPECT_EQ(Policy().version(), 0U);
  ASSERT_TRUE(Set(kOnePolicy).first.ok());
  EXPECT_EQ(Set(kOnePolicy).second.after().version(), 1U);
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = testing::ReadWholeFile(files_.ca);
  const auto audit = v1::Audit::NewStub(grpc::CreateChannel(coordinator_->client_address(), grpc::SslCredentials(tls)));
  std::string lines;
  EXPECT_TRUE(testing::WaitUntil([&] {
    v1::ListAuditReply reply;
    EXPECT_TRUE(audit->List(Context().get(), {}, &reply).ok());
    lines.clear();
    for (const v1::AuditEntry& entry : reply.entries()) lines += entry.action() + ": " + entry.detail() + "\n";
    return reply.entries_size() == 2;
  })) << lines;
  EXPECT_EQ(lines, "fleet.policy.set: unchanged\nfleet.policy.set: version 1\n");
}

TEST_F(PolicyTest, ThatIsNoneIsRefusedWithItsPlace) {
  const auto refused = Set("version: wsfleet/v1\ntargets: [{host: 0177.0.0.1}]\n").first;
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(refused.error_message(), HasSubstr("policy:2:18"));
}

TEST_F(PolicyTest, TravelsWithAnAssignment) {
  ASSERT_TRUE(Set(kOnePolicy).first.ok());
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  agent.SayHello();
  ASSERT_TRUE(Submit().first.ok());
  const v1::Assignment assignment = agent.Await(v1::CoordinatorMessage::kAssignment).assignment();
  EXPECT_EQ(assignment.policy(), kOnePolicy);
  EXPECT_EQ(assignment.share().connections(), 7U);
  EXPECT_FALSE(assignment.share().has_sessions_per_second());
}

}  // namespace
}  // namespace wsfleet::coordinator
