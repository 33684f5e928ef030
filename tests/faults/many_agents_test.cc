#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/bench/fleet/phases.h"
#include "tests/bench/fleet/stored_run.h"
#include "tests/support/real_fleet.h"

// Row 37 of the faults, and what fleet_bench does with ten thousand agents, with a thousand: what comes out, not how
// fast.
namespace wsfleet::testing {
namespace {

using ::testing::IsEmpty;

constexpr absl::Duration kLeaseTime = absl::Seconds(30);

agent::ChannelSecurity SecurityOf(const RealFleet& fleet, bool plaintext) {
  agent::ChannelSecurity security;
  security.plaintext = plaintext;
  if (plaintext) return security;
  const auto folder = fleet.directory().path() / "ca";
  security.authority = ReadWholeFile(folder / "ca.pem");
  security.certificate = ReadWholeFile(folder / "agent.pem");
  security.key = ReadWholeFile(folder / "agent.key");
  return security;
}

void ExpectNothingLost(bool plaintext, const FleetLoad& load) {
  RealFleet::Settings settings;
  settings.lease_time = absl::FormatDuration(kLeaseTime);
  settings.plaintext = plaintext;
  RealFleet fleet(settings);
  const ServedFleet served{fleet.agent_addresses(), fleet.client_addresses(), SecurityOf(fleet, plaintext),
                           ReadWholeFile(fleet.directory().path() / "ca" / "token"), fleet.coordinator().pid()};
  Figures figures = RunPhases(served, load);
  const std::string store = (fleet.directory().path() / "fleet.db").string();
  for (const std::string& job : {figures.first_job, figures.second_job}) {
    ExpectStoredOnce(store, job, load.agents, figures.wrong);
  }
  EXPECT_THAT(figures.wrong, IsEmpty());
  ASSERT_EQ(figures.reconnected.size(), load.cut);
  EXPECT_LT(Quantile(figures.reconnected, 0.99), kLeaseTime) << "no lease may end because its agent came too late";
}

TEST(Fault37, ManyAgentsReconnectAtOnceAndNoLeaseRunsOut) {
  ExpectNothingLost(true, {.agents = 1000, .cut = 1000, .heartbeats = 2});
}

TEST(Fault37, SoTheyDoWithCertificates) { ExpectNothingLost(false, {.agents = 100, .cut = 50, .heartbeats = 1}); }

}  // namespace
}  // namespace wsfleet::testing
