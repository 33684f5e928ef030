#include <cstdlib>
#include <random>
#include <string>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "gtest/gtest.h"
#include "tests/faults/checker/checker.h"
#include "tests/faults/checker/load.h"
#include "tests/faults/store_kind.h"
#include "tests/support/postgres_server.h"

// Row 4, and agents as often: killed again and again under load. WSFLEET_KILLS: how often (10). WSFLEET_SEED: to repeat
// the order and the moments of a run that failed; what the processes were doing then is not repeated.
namespace wsfleet::testing {
namespace {

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Fault04 : public ::testing::TestWithParam<StoreKind> {
 protected:
  Fault04()
      : model_{2, {"1", "2", "3"}, 4, "passed"},
        fleet_(SettingsOf(GetParam())),
        target_(DemoTarget({"accept-any-token"})) {
    fmt::print("kills={} seed={}\n", kills_, seed_);
    for (const std::string& id : kAgents) StartAgent(id);
  }

  static RealFleet::Settings SettingsOf(StoreKind kind) {
    RealFleet::Settings settings;
    // Nobody gives up: every run must pass in the end.
    settings.coordinator_flags = {"--max-attempts", "100"};
    if (kind == StoreKind::kPostgres) {
      settings.postgres_url = PostgresDatabase().url();
      settings.replicas = 2;
    }
    return settings;
  }

  void StartAgent(const std::string& id) {
    const std::string spool = (fleet_.directory().path() / ("spool-" + id)).string();
    fleet_.StartAgent(id, id.starts_with("eu") ? "eu-west-1" : "us-east-1", {"--spool-dir", spool});
  }

  std::size_t Below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }

  // Half of the time everything has recovered before the next kill, half of the time nothing has. The moment itself is
  // no event that one could wait for.
  void LetSomeTimePass(const Load& load) {
    const std::size_t before = load.finished_runs();
    if (Below(2) == 0) {
      ASSERT_TRUE(WaitUntil([&] { return load.finished_runs() > before; }, absl::Seconds(60))) << "no run ends";
    }
    absl::SleepFor(absl::Milliseconds(100 + Below(1200)));
  }

  void Kill(auto kill_one) {
    Load load(fleet_, target_.ws_url(), model_, 4);
    for (std::uint64_t i = 0; i < kills_; ++i) {
      ASSERT_NO_FATAL_FAILURE(LetSomeTimePass(load));
      ASSERT_NO_FATAL_FAILURE(kill_one());
    }
    const std::vector<Testimony> testimonies = load.Finish();
    for (std::size_t replica = 0; replica < fleet_.settings().replicas; ++replica) {
      fleet_.coordinator(replica).Signal(SIGTERM);
      EXPECT_EQ(fleet_.coordinator(replica).Wait(absl::Seconds(30)), 0) << fleet_.coordinator(replica).err();
    }
    const auto stored = ReadStored(fleet_.store());
    ASSERT_TRUE(stored.ok()) << stored.status();
    const TargetLog log = ReadTargetLog(target_.access_log());
    const std::vector<std::string> complaints = Check(model_, testimonies, *stored, log);
    EXPECT_TRUE(complaints.empty()) << fmt::format("{}", fmt::join(complaints, "\n"));
    Describe(testimonies.size(), *stored, log);
  }

  // A loop in which nothing was interrupted would prove nothing.
  void Describe(std::size_t runs, const Stored& stored, const TargetLog& log) {
    std::size_t results = 0, attempts = 0, shards = 0;
    for (const auto& [id, job] : stored.jobs) {
      results += job.results.size();
      for (const ShardRecord& shard : job.shards) {
        ++shards;
        attempts += shard.attempt;
      }
    }
    fmt::print("runs={} shards={} leases={} results={} executions={}\n", runs, shards, attempts, results,
               log.executions.size());
    EXPECT_GE(runs, 4U);
    EXPECT_GE(log.executions.size(), results);
  }

  const std::vector<std::string> kAgents = {"eu-1", "eu-2", "us-1", "us-2"};
  const std::uint64_t kills_ = FromEnvironment("WSFLEET_KILLS", 10);
  const std::uint64_t seed_ = FromEnvironment("WSFLEET_SEED", std::random_device()());
  std::mt19937_64 random_{seed_};
  const Model model_;
  RealFleet fleet_;
  TargetServer target_;
};

TEST_P(Fault04, CoordinatorsKilledUnderLoadLoseNothingAndCountNothingTwice) {
  Kill([this] {
    const std::size_t replica = Below(fleet_.settings().replicas);
    fleet_.KillCoordinator(replica);
    fleet_.StartCoordinator(replica);
  });
}

TEST_P(Fault04, AgentsKilledUnderLoadLoseNothingAndCountNothingTwice) {
  Kill([this] {
    const std::string& id = kAgents[Below(kAgents.size())];
    fleet_.KillAgent(id);
    StartAgent(id);
  });
}

INSTANTIATE_TEST_SUITE_P(Stores, Fault04, kStores, NameOfParameter);

}  // namespace
}  // namespace wsfleet::testing
