#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

// From a join token to a session to a run, and what ends it: real programs, real certificates.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Sixteen seconds: twice as long as a certificate of these tests lives.
constexpr char kLongSuite[] = R"(version: wsfleet/v1
name: long
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
scenarios:
  - name: echo
    matrix: {round: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]}
    steps:
      - http: {get: /health}
      - wait: 1s
      - http: {get: /health, expect: {status: 200}}
)";

constexpr char kShortSuite[] = R"(version: wsfleet/v1
name: short
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
scenarios:
  - name: health
    steps:
      - http: {get: /health, expect: {status: 200}}
)";

RealFleet::Settings OwnCa(const std::string& life) {
  RealFleet::Settings settings;
  settings.own_ca = true;
  settings.coordinator_flags = {"--agent-cert-life", life};
  return settings;
}

std::size_t CountOf(const std::string& what, const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

class Enrolment : public ::testing::Test {
 protected:
  explicit Enrolment(const std::string& life = "1h") : fleet_(OwnCa(life)) {}

  std::string NewToken(const std::vector<std::string>& flags) {
    std::vector<std::string> arguments = {"agents", "join-token", "create", "-q"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Finished created = fleet_.Run(arguments);
    EXPECT_EQ(created.exit_code, 0) << created.err;
    return created.out;
  }
  std::unique_ptr<ChildProcess> Start(const std::string& id, const std::string& region, const std::string& token,
                                      const std::vector<std::string>& flags = {}) {
    return std::make_unique<ChildProcess>(fleet_.EnrollingAgent(id, region, token, flags));
  }
  // With a session.
  std::unique_ptr<ChildProcess> StartWell(const std::string& id, const std::string& region, const std::string& token,
                                          const std::vector<std::string>& flags = {}) {
    auto agent = Start(id, region, token, flags);
    EXPECT_TRUE(AwaitLine(*agent, "session begins")) << agent->err();
    return agent;
  }
  static bool AwaitLine(ChildProcess& process, const std::string& text, std::size_t times = 1) {
    return WaitUntil([&] { return CountOf(text, process.err()) >= times || !process.running(); }) &&
           CountOf(text, process.err()) >= times;
  }
  // It ends by itself, for this reason.
  static void ExpectEnds(ChildProcess& process, const std::string& reason) {
    EXPECT_EQ(process.Wait(absl::Seconds(30)), 1) << process.err();
    EXPECT_THAT(process.err(), HasSubstr(reason));
  }
  std::string Identity(const std::string& id, const std::string& file) const {
    return (fleet_.directory().path() / ("identity-" + id) / file).string();
  }
  Finished RunShort() {
    return fleet_.Run(
        {"run", fleet_.directory().Write("short.wsfleet.yaml", kShortSuite), "--var", "target=" + target_.ws_url()});
  }

  TargetServer target_{DemoTarget()};
  RealFleet fleet_;
};

TEST_F(Enrolment, TakesAnAgentFromAJoinTokenToARun) {
  const std::string token = NewToken({"--region", "eu-west-1", "--pool", "edge", "--ttl", "7d"});
  EXPECT_THAT(token, ::testing::StartsWith("wsj_"));
  const auto agent = StartWell("host-0", "eu-west-1", token);
  const Finished agents = fleet_.Run({"agents", "list", "-o", "name"});
  EXPECT_EQ(agents.out, "edge.host-0\n") << agents.err;
  const Finished run = RunShort();
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  // Its key is its own, and the token is nowhere.
  const auto mode = std::filesystem::status(Identity("host-0", "agent.key")).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const std::string secret = token.substr(token.rfind('_') + 1, 64);
  EXPECT_THAT(fleet_.coordinator().err(), HasSubstr("agents.enrol agent=edge.host-0"));
  EXPECT_THAT(fleet_.coordinator().err(), Not(HasSubstr(secret)));
  EXPECT_THAT(agent->err(), Not(HasSubstr(secret)));
  EXPECT_THAT(ReadWholeFile(fleet_.store()) + ReadWholeFile(fleet_.store() + "-wal"), Not(HasSubstr(secret)));
  const Finished listed = fleet_.Run({"agents", "join-token", "list"});
  EXPECT_THAT(listed.out, HasSubstr("used up")) << listed.err;
  EXPECT_THAT(listed.out, Not(HasSubstr(secret)));
}

TEST_F(Enrolment, RefusesASecondProcessOfOneDirectoryAndLeavesTheFirstAlone) {
  const std::string token = NewToken({"--region", "eu-west-1", "--uses", "2"});
  const auto first = StartWell("host-0", "eu-west-1", token);
  ExpectEnds(*Start("host-0", "eu-west-1", token),
             fmt::format("in use by another process (pid {}); give each agent its own --identity-dir", first->pid()));
  const Finished run = RunShort();
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_TRUE(first->running());
  EXPECT_THAT(first->err(), Not(HasSubstr("fenced")));
}

TEST_F(Enrolment, IsWhatAnAgentWithoutACertificateIsToldOf) {
  const std::vector<std::string> arguments = {Binary("wsfleet-agent"),
                                              "--ca",
                                              fleet_.directory().path() / "state/ca/trust.pem",
                                              "--region",
                                              "eu-west-1",
                                              "--id",
                                              "bare",
                                              "--coordinator"};
  const auto start = [&](const std::string& address) {
    Command command{arguments, {}, {}};
    command.arguments.push_back(address);
    return std::make_unique<ChildProcess>(command);
  };
  const auto bare = start(fleet_.agent_addresses());
  EXPECT_TRUE(AwaitLine(*bare, "next=\"no --identity-dir and no --cert")) << bare->err();
  const auto lost = start("127.0.0.1:1");
  EXPECT_TRUE(AwaitLine(*lost, "next=\"nobody listens there: check --coordinator")) << lost->err();
}

// Fault 41.
TEST_F(Enrolment, RefusesAJoinTokenThatWasUsedUpAndRecordsIt) {
  const std::string token = NewToken({"--region", "eu-west-1"});
  auto first = StartWell("host-0", "eu-west-1", token);
  ExpectEnds(*Start("host-1", "eu-west-1", token), "was used up: it let in 1 agent of 1");
  std::string audit;
  EXPECT_TRUE(WaitUntil([&] {
    audit = fleet_.Run({"audit", "-o", "json"}).out;
    return audit.find("was used up") != std::string::npos;
  })) << audit;
  // Who made it, who used it, who was refused; and never the secret of it.
  EXPECT_THAT(audit, HasSubstr("agents.join-token.create"));
  EXPECT_THAT(audit, HasSubstr("eu-west-1.host-0"));
  EXPECT_THAT(audit, HasSubstr("\"denied\""));
  EXPECT_THAT(audit, Not(HasSubstr(token.substr(token.rfind('_') + 1, 64))));
  // The first has what it needs, and asks for nothing again.
  first->Signal(SIGTERM);
  EXPECT_EQ(first->Wait(absl::Seconds(30)), 0);
  first = StartWell("host-0", "eu-west-1", "no token any more");
}

TEST_F(Enrolment, LetsInAsManyReplicasAsTheTokenHasUses) {
  const std::string token = NewToken({"--region", "eu-west-1", "--uses", "2"});
  const auto one = StartWell("host-0", "eu-west-1", token);
  const auto two = StartWell("host-1", "eu-west-1", token);
  EXPECT_EQ(fleet_.Run({"agents", "list", "-o", "name"}).out, "eu-west-1.host-0\neu-west-1.host-1\n");
  ExpectEnds(*Start("host-2", "eu-west-1", token), "was used up: it let in 2 agents of 2");
}

TEST_F(Enrolment, RefusesATokenOfAnotherRegionOrThatIsRevokedOrMadeUp) {
  const std::string token = NewToken({"--region", "eu-west-1"});
  ExpectEnds(*Start("host-0", "us-east-1", token), "is for region eu-west-1, the agent says us-east-1");
  ExpectEnds(*Start("host-0", "eu-west-1", "wsj_" + std::string(12, '0') + "_" + std::string(64, '0')),
             "no join token 000000000000");
  const Finished revoked = fleet_.Run({"agents", "join-token", "revoke", token.substr(4, 12)});
  ASSERT_EQ(revoked.exit_code, 0) << revoked.err;
  ExpectEnds(*Start("host-0", "eu-west-1", token), "was revoked");
}

TEST_F(Enrolment, RevokesAJoinTokenThatNobodyCouldRead) {
  Command create = fleet_.Client({"agents", "join-token", "create", "--region", "eu-west-1"});
  std::vector<std::string> shell = {"/bin/sh", "-c", "exec \"$@\" > /dev/full", "sh"};
  shell.insert(shell.end(), create.arguments.begin(), create.arguments.end());
  create.arguments = std::move(shell);
  const Finished lost = RunCommand(create, absl::Seconds(60));
  EXPECT_EQ(lost.exit_code, 3);
  EXPECT_THAT(lost.err, HasSubstr("; it was revoked"));
  const Finished listed = fleet_.Run({"agents", "join-token", "list"});
  EXPECT_THAT(listed.out, HasSubstr("revoked")) << listed.err;
}

TEST_F(Enrolment, HoldsAnAgentToTheRegionOfItsCertificate) {
  const std::string token = NewToken({"--region", "eu-west-1"});
  StartWell("host-0", "eu-west-1", token)->Signal(SIGTERM);
  ExpectEnds(*Start("host-0", "us-east-1", token), "the agent's certificate is for --region eu-west-1");
}

TEST_F(Enrolment, EndsWithARevocationUntilItIsUndone) {
  const std::string token = NewToken({"--region", "eu-west-1", "--pool", "edge", "--uses", "2"});
  const auto agent = StartWell("host-0", "eu-west-1", token);
  const auto other = StartWell("host-1", "eu-west-1", token);
  const Finished revoked = fleet_.Run({"agents", "revoke", "edge.host-0", "--reason", "stolen"});
  ASSERT_EQ(revoked.exit_code, 0) << revoked.err;
  ExpectEnds(*agent, "agent edge.host-0 was revoked");
  ExpectEnds(*Start("host-0", "eu-west-1", token), "stolen");
  EXPECT_THAT(fleet_.Run({"agents", "revoked"}).out, HasSubstr("edge.host-0"));
  EXPECT_TRUE(other->running());
  ASSERT_EQ(fleet_.Run({"agents", "revoke", "--pool", "edge"}).exit_code, 0);
  ExpectEnds(*other, "pool edge was revoked");
  ASSERT_EQ(fleet_.Run({"agents", "revoke", "--pool", "edge", "edge.host-0", "--undo"}).exit_code, 0);
  StartWell("host-0", "eu-west-1", token);
}

class ShortCertificates : public Enrolment {
 protected:
  ShortCertificates() : Enrolment("8s") {}
};

// Fault 40.
TEST_F(ShortCertificates, AreRenewedWhileARunGoesOnInOneSession) {
  const auto agent = StartWell("host-0", "eu-west-1", NewToken({"--region", "eu-west-1"}));
  const Finished run = fleet_.Run(
      {"run", fleet_.directory().Write("long.wsfleet.yaml", kLongSuite), "--var", "target=" + target_.ws_url()});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_GE(CountOf("certificate renewed", agent->err()), 2u) << agent->err();
  EXPECT_EQ(CountOf("session begins", agent->err()), 1u) << agent->err();
  // A new connection uses the new certificate: the first one has expired long ago.
  fleet_.KillCoordinator();
  fleet_.StartCoordinator();
  EXPECT_TRUE(AwaitLine(*agent, "session begins", 2)) << agent->err();
}

TEST_F(ShortCertificates, EndTheAgentCleanlyIfNobodyRenewsThem) {
  const auto agent = StartWell("host-0", "eu-west-1", NewToken({"--region", "eu-west-1"}));
  fleet_.KillCoordinator();
  ExpectEnds(*agent, "certificate expired at");
  EXPECT_THAT(agent->err(), HasSubstr("could not be renewed"));
}

// The three steps of docs/how-to/rotate-certificates.md, with nobody restarted.
TEST_F(ShortCertificates, OutliveARotationOfTheirAuthority) {
  const auto agent = StartWell("host-0", "eu-west-1", NewToken({"--region", "eu-west-1"}));
  const auto take = [&](const std::string& step) {
    const Finished taken = RunCommand(
        {{Binary("wsfleet-coordinator"), "ca", step, "--state-dir", (fleet_.directory().path() / "state").string()},
         {},
         {}},
        absl::Seconds(30));
    EXPECT_EQ(taken.exit_code, 0) << taken.err;
    return taken.out;
  };
  const auto trusts = [&](std::size_t roots) {
    return WaitUntil([&] { return CountOf("BEGIN CERT", ReadWholeFile(Identity("host-0", "ca.pem"))) == roots; });
  };
  const std::string old_root = take("show").substr(0, 16);
  EXPECT_THAT(take("add"), HasSubstr("will issue"));
  ASSERT_TRUE(trusts(2)) << agent->err();
  const std::string issued = take("issue");
  EXPECT_THAT(issued, HasSubstr(old_root + "  until"));
  EXPECT_THAT(issued, Not(::testing::StartsWith(old_root)));
  // By then everybody has a certificate of the new root.
  const std::size_t renewed = CountOf("certificate renewed", agent->err());
  ASSERT_TRUE(AwaitLine(*agent, "certificate renewed", renewed + 2)) << agent->err();
  EXPECT_THAT(take("drop"), Not(HasSubstr(old_root)));
  ASSERT_TRUE(trusts(1)) << agent->err();
  EXPECT_EQ(CountOf("session begins", agent->err()), 1u) << agent->err();
  EXPECT_EQ(RunShort().exit_code, 0);
  fleet_.KillCoordinator();
  fleet_.StartCoordinator();
  EXPECT_TRUE(AwaitLine(*agent, "session begins", 2)) << agent->err();
}

}  // namespace
}  // namespace wsfleet::testing
