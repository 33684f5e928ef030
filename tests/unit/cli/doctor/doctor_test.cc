#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "cli/doctor/checks.h"
#include "cli/doctor/reach.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/convert.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const Versions kOwn{"0.4.0", 3};

auto Is(Health health, const std::string& subject, const std::string& found, const std::string& next) {
  return AllOf(Field(&Diagnosis::health, health), Field(&Diagnosis::subject, subject),
               Field(&Diagnosis::found, HasSubstr(found)), Field(&Diagnosis::next, HasSubstr(next)));
}

v1::Agent Agent(const std::string& id, const std::string& region, v1::AgentState state = v1::AGENT_STATE_CONNECTED) {
  v1::Agent agent;
  agent.set_agent(id);
  agent.set_region(region);
  agent.set_state(state);
  agent.set_version("0.4.0");
  agent.set_language_minor(3);
  return agent;
}

TEST(DoctorOfTheEndpoint, SaysHowToConfigureOneWhereThereIsNone) {
  const Diagnoses diagnoses = CheckEndpoint({});
  EXPECT_THAT(diagnoses, Contains(Is(Health::kFail, "configuration", "no coordinator", "wsfleet context add")));
  EXPECT_EQ(ExitCodeOf(diagnoses), kUsageCode);
}

TEST(DoctorOfTheEndpoint, LooksIntoItsFiles) {
  const testing::TemporaryDirectory directory;
  Endpoint endpoint;
  endpoint.address = "127.0.0.1:7421";
  endpoint.source = endpoint.ca_source = endpoint.token_source = "context staging of wsfleet.yaml";
  endpoint.ca_file = directory.Write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
  endpoint.token_file = directory.Write("token", "secret\n");
  std::filesystem::permissions(endpoint.token_file, std::filesystem::perms::owner_read);
  EXPECT_THAT(CheckEndpoint(endpoint), Each(Field(&Diagnosis::health, Health::kOk)));

  std::filesystem::permissions(endpoint.token_file, std::filesystem::perms(0644));
  EXPECT_THAT(CheckEndpoint(endpoint), Contains(Is(Health::kWarn, "token", "others may read", "chmod 600 ")));
  endpoint.token_file = directory.Write("empty", "\n");
  EXPECT_THAT(CheckEndpoint(endpoint), Contains(Is(Health::kFail, "token", "is empty", "fetch")));
  endpoint.token_file = "/no/such/file";
  EXPECT_THAT(CheckEndpoint(endpoint), Contains(Is(Health::kFail, "token", "/no/such/file", "context staging")));
  endpoint.ca_file = directory.Write("key.pem", "-----BEGIN PRIVATE KEY-----\n");
  EXPECT_THAT(CheckEndpoint(endpoint), Contains(Is(Health::kFail, "authority", "expected a certificate", "--ca")));
  endpoint.token_file.clear();
  endpoint.ca_file.clear();
  EXPECT_THAT(CheckEndpoint(endpoint), Contains(Is(Health::kWarn, "token", "none", "--token-file")));
  for (const Diagnosis& diagnosis : CheckEndpoint(endpoint)) EXPECT_THAT(diagnosis.found, Not(HasSubstr("secret")));
}

TEST(DoctorOfTheNetwork, TellsANameFromAPortThatNobodyListensOn) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(descriptor, generic, size), 0);
  ASSERT_EQ(getsockname(descriptor, generic, &size), 0);
  const std::string there = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  EXPECT_THAT(CheckReachable(there, absl::Seconds(5)),
              Is(Health::kFail, "network", "127.0.0.1: Connection refused", "wsfleet-coordinator"));
  ASSERT_EQ(listen(descriptor, 1), 0);
  EXPECT_THAT(CheckReachable(there, absl::Seconds(5)), Is(Health::kOk, "network", "TCP to 127.0.0.1", ""));
  close(descriptor);
  EXPECT_THAT(CheckReachable("no-such-name.invalid:7421", absl::Seconds(5)),
              Is(Health::kFail, "network", "the name has no address", "DNS"));
  EXPECT_EQ(CheckReachable("7421", absl::Seconds(5)).exit_code, kUsageCode);
}

TEST(DoctorOfTheCoordinator, TellsATokenFromACertificate) {
  Endpoint endpoint;
  endpoint.address = "127.0.0.1:7421";
  endpoint.token_file = "token";
  const Diagnosis denied = CheckFirstCall(absl::UnauthenticatedError("wrong token"), endpoint);
  EXPECT_THAT(denied, Is(Health::kFail, "coordinator", "refuses the token: wrong token", "token"));
  EXPECT_EQ(denied.exit_code, kDeniedCode);
  const Diagnosis silent = CheckFirstCall(absl::UnavailableError("Socket closed"), endpoint);
  EXPECT_THAT(silent,
              Is(Health::kFail, "coordinator", "TCP works, and yet no answer: Socket closed", "openssl s_client"));
  EXPECT_EQ(silent.exit_code, kInconclusiveCode);
  endpoint.address = "a:7421,b:7421";
  EXPECT_THAT(
      CheckFirstCall(absl::UnavailableError("cannot be reached\n  found: none\n  check: does it run?\n         now?"),
                     endpoint),
      Is(Health::kFail, "coordinator", "no answer: cannot be reached; found: none; check: does it run? now?",
         "openssl s_client -connect a:7421 shows"));
  EXPECT_EQ(CheckFirstCall(absl::OkStatus(), endpoint).health, Health::kOk);
}

TEST(DoctorOfTheCoordinator, WarnsOfVersionsThatAreNoNeighbours) {
  v1::VersionReply coordinator;
  coordinator.set_language_minor(3);
  for (const char* version : {"0.4.0", "0.4.9", "0.3.1", "0.5.0"}) {
    coordinator.set_version(version);
    EXPECT_EQ(CheckVersion(kOwn, coordinator).health, Health::kOk) << version;
  }
  for (const char* version : {"0.6.0", "0.2.0", "1.4.0", "", "?"}) {
    coordinator.set_version(version);
    EXPECT_THAT(CheckVersion(kOwn, coordinator), Is(Health::kWarn, "version", "this program 0.4.0", "update"))
        << version;
  }
  coordinator.set_version("0.4.0");
  coordinator.set_language_minor(2);
  EXPECT_THAT(CheckVersion(kOwn, coordinator), Is(Health::kWarn, "version", "wsfleet/v1.2", "update the coordinator"));
}

TEST(DoctorOfAgents, HasOneLineWhereAllIsWell) {
  const Diagnoses diagnoses =
      CheckAgents({Agent("eu-1", "eu"), Agent("eu-2", "eu"), Agent("us-1", "us")}, {}, kOwn, "default");
  EXPECT_THAT(diagnoses, ::testing::ElementsAre(Is(Health::kOk, "agents", "3 connected: eu 2, us 1", "")));
  EXPECT_EQ(ExitCodeOf(diagnoses), kPassedCode);
}

TEST(DoctorOfAgents, FailsWithoutAny) {
  const Diagnoses diagnoses = CheckAgents({Agent("eu-1", "eu", v1::AGENT_STATE_LOST)}, {}, kOwn, "team");
  EXPECT_THAT(diagnoses, Contains(Is(Health::kFail, "agents", "none is connected to fleet team", "--fleet team")));
  for (const char* flag : {"--enrol HOST:7423", "--join-token-file", "--ca FILE", "--cert FILE --key FILE"}) {
    EXPECT_THAT(diagnoses, Contains(Is(Health::kFail, "agents", "none is connected", flag)));
  }
  EXPECT_THAT(diagnoses, Contains(Is(Health::kWarn, "agent eu-1", "lost", "process")));
  EXPECT_EQ(ExitCodeOf(diagnoses), kInconclusiveCode);
}

TEST(DoctorOfAgents, SaysOfOneThatIsLostThatItIsRevoked) {
  v1::Revocation agent, pool;
  agent.set_agent("eu.one");
  agent.set_pool("eu");
  agent.set_reason("stolen");
  pool.set_pool("us");
  const Diagnoses diagnoses =
      CheckAgents({Agent("eu.one", "eu", v1::AGENT_STATE_LOST), Agent("eu.two", "eu", v1::AGENT_STATE_LOST),
                   Agent("us.one", "us", v1::AGENT_STATE_LOST)},
                  {agent, pool}, kOwn, "default");
  EXPECT_THAT(diagnoses, Contains(Is(Health::kWarn, "agent eu.one", "it is revoked since 1970-01-01T00:00:00Z: stolen",
                                     "--undo eu.one")));
  EXPECT_THAT(diagnoses, Contains(Is(Health::kWarn, "agent us.one", "its pool is revoked", "--undo --pool us")));
  const auto other = Is(Health::kWarn, "agent eu.two", "eu: lost", "is its process running");
  EXPECT_THAT(diagnoses, Contains(AllOf(other, Field(&Diagnosis::found, Not(HasSubstr("revoked"))))));
}

TEST(DoctorOfTheFleet, SaysWhatToDoAboutOneThatTheTokenIsNotFor) {
  const Diagnosis denied = CheckFleetCall(absl::PermissionDeniedError("needs the role viewer"));
  EXPECT_THAT(denied, Is(Health::kFail, "fleet", "needs the role viewer", "wsfleet tokens create"));
  EXPECT_EQ(denied.exit_code, kDeniedCode);
  EXPECT_THAT(CheckFleetCall(absl::NotFoundError("no fleet")), Is(Health::kFail, "fleet", "no fleet", "fleet list"));
  EXPECT_THAT(CheckFleetCall(absl::InternalError("x")), Is(Health::kFail, "fleet", "x", "its log says why"));
}

TEST(DoctorOfAgents, NamesEachThatIsNotWell) {
  v1::Agent old = Agent("old", "eu");
  old.set_version("0.1.0");
  v1::Agent narrow = Agent("narrow", "eu");
  narrow.set_language_minor(2);
  v1::Agent ahead = Agent("ahead", "eu");
  *ahead.mutable_clock_offset() = wire::ToWire(absl::Seconds(3));
  v1::Agent behind = Agent("behind", "eu");
  *behind.mutable_clock_offset() = wire::ToWire(absl::Seconds(-3));
  v1::Agent late = Agent("late", "eu");
  *late.mutable_health()->mutable_loop_lag() = wire::ToWire(absl::Milliseconds(80));
  const Diagnoses diagnoses =
      CheckAgents({old, narrow, ahead, behind, late, Agent("twins", "eu", v1::AGENT_STATE_QUARANTINED),
                   Agent("us-1", "us", v1::AGENT_STATE_DRAINED)},
                  {}, kOwn, "default");
  EXPECT_THAT(diagnoses, Contains(Is(Health::kWarn, "agent old", "version 0.1.0", "update")));
  EXPECT_THAT(diagnoses, Contains(Is(Health::kWarn, "agent narrow", "wsfleet/v1.2", "update")));
  EXPECT_THAT(diagnoses, Contains(Is(Health::kWarn, "agent ahead", "3.00s ahead of", "synchronise")));
  EXPECT_THAT(diagnoses, Contains(Is(Health::kWarn, "agent behind", "3.00s behind", "synchronise")));
  EXPECT_THAT(diagnoses, Contains(Is(Health::kWarn, "agent late", "saturated", "--max-sessions")));
  EXPECT_THAT(diagnoses, Contains(Is(Health::kFail, "agent twins", "quarantined", "--id")));
  EXPECT_THAT(diagnoses, Contains(Is(Health::kWarn, "region us", "1 drained", "--undo --region us")));
}

TEST(DoctorOfTheFleet, FailsWhileItIsStoppedAndSaysWhoAndWhy) {
  v1::FleetSummary fleet;
  fleet.set_fleet("team");
  EXPECT_TRUE(CheckFleet(fleet).empty());
  fleet.mutable_stop()->set_by("ali\x1b[2Jce");
  fleet.mutable_stop()->set_reason("runaway load");
  *fleet.mutable_stop()->mutable_since() = wire::ToWire(absl::FromUnixSeconds(1'700'000'000));
  const Diagnoses diagnoses = CheckFleet(fleet);
  EXPECT_THAT(diagnoses, ::testing::ElementsAre(Is(Health::kFail, "fleet",
                                                   "it is stopped by ali?[2Jce at 2023-11-14T22:13:20Z: runaway load",
                                                   "resume team")));
  EXPECT_EQ(ExitCodeOf(diagnoses), kInconclusiveCode);
}

TEST(DoctorsDiagnoses, AreALineEachWithWhatToDoBelow) {
  const Diagnoses diagnoses{{Health::kOk, "network", "fine", "", kPassedCode},
                            {Health::kFail, "token", "two\nlines", "this\nthen that", kDeniedCode}};
  EXPECT_EQ(RenderText(diagnoses),
            "ok    network  fine\n"
            "fail  token    two\n"
            "               lines\n"
            "               next: this\n"
            "                     then that\n");
  EXPECT_EQ(ExitCodeOf(diagnoses), kDeniedCode);
  EXPECT_EQ(ToListing(diagnoses).items.size(), 2u);
  EXPECT_THAT(RenderText({}), IsEmpty());
}

}  // namespace
}  // namespace wsfleet::cli
