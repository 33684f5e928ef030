#include <signal.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "coordinator/store/sqlite/sqlite_connection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/faulty_run.h"
#include "tests/support/postgres_server.h"

// Stores that a coordinator must not use: it says why, and what to do.
namespace wsfleet::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Why a coordinator did not start.
std::string WhyNot(const std::function<void()>& start) {
  try {
    start();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "it serves";
}

class BadStore : public ::testing::Test {
 protected:
  // A store that was in use, and is not any more.
  BadStore() {
    fleet_.StartAgent("eu-1", "eu-west-1");
    FaultyRun run(fleet_, 2);
    run.Start();
    EXPECT_EQ(run.Wait(), 0) << run.output();
    fleet_.coordinator().Signal(SIGTERM);
    EXPECT_EQ(fleet_.coordinator().Wait(absl::Seconds(30)), 0);
  }

  std::string WhyItDoesNotStart() {
    return WhyNot([this] { fleet_.StartCoordinator(); });
  }

  RealFleet fleet_;
};

TEST_F(BadStore, OfANewerProgramIsRefused) {
  {
    const auto connection =
        store::SqliteConnection::Open(fleet_.store(), store::SqliteConnection::Mode::kWriter).value();
    ASSERT_TRUE(connection->Execute("INSERT INTO migration VALUES (1000, 'from the future', '9.9.9')").ok());
  }
  EXPECT_THAT(WhyItDoesNotStart(), AllOf(HasSubstr(fleet_.store()), HasSubstr("schema is version 1000"),
                                         HasSubstr("run a newer wsfleet-coordinator")));
  EXPECT_EQ(fleet_.coordinator().Wait(absl::Seconds(10)), 1);
}

TEST_F(BadStore, ThatIsDamagedIsRefused) {
  const std::string kept = ReadWholeFile(fleet_.store());
  // The header is whole; what it speaks of is not.
  std::fstream file(fleet_.store(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file << std::string(kept.size() - 100, '\x5a') << std::flush;
  EXPECT_THAT(WhyItDoesNotStart(),
              AllOf(HasSubstr(fleet_.store()), HasSubstr("malformed"), HasSubstr("restore it from a backup")));
  EXPECT_EQ(fleet_.coordinator().Wait(absl::Seconds(10)), 1);
  // As the message says.
  std::ofstream(fleet_.store(), std::ios::binary) << kept;
  fleet_.StartCoordinator();
  EXPECT_EQ(fleet_.Run({"runs", "list"}).exit_code, 0);
}

TEST_F(BadStore, OnAReadOnlyDiskIsRefused) {
  fleet_.settings().coordinator.behind = {
      "unshare",
      "--user",
      "--map-root-user",
      "--mount",
      "sh",
      "-c",
      "mount --bind {directory} {directory} && mount -o remount,bind,ro {directory} && exec \"$@\"",
      "sh"};
  EXPECT_THAT(WhyItDoesNotStart(), AllOf(HasSubstr(fleet_.store()), HasSubstr("Read-only file system")));
  EXPECT_EQ(fleet_.coordinator().Wait(absl::Seconds(10)), 1);
}

TEST(BadPostgres, ThatNobodyAnswersIsSaidAtOnceWithoutItsPassword) {
  RealFleet::Settings settings;
  settings.postgres_url = "postgres://ada:s3cret@127.0.0.1:1/fleet";
  const std::string why = WhyNot([&] { RealFleet fleet(settings); });
  EXPECT_THAT(why, AllOf(HasSubstr("PostgreSQL cannot be reached"), HasSubstr("127.0.0.1"),
                         ::testing::Not(HasSubstr("s3cret"))));
}

TEST(BadPostgres, OfANewerProgramIsRefused) {
  const PostgresDatabase database;
  RealFleet::Settings settings;
  settings.postgres_url = database.url();
  {
    const RealFleet fleet(settings);
  }
  database.Execute("INSERT INTO migration VALUES (1000, 'from the future', '9.9.9')");
  EXPECT_THAT(WhyNot([&] { RealFleet fleet(settings); }),
              AllOf(HasSubstr("schema is version 1000"), HasSubstr("run a newer wsfleet-coordinator")));
}

// A server that is there and does not answer is not waited for.
TEST(BadPostgres, ThatHangsIsGivenUpAndTheRunGoesOnWhenItAnswersAgain) {
  PostgresServer server;
  RealFleet::Settings settings;
  settings.postgres_url = server.CreateDatabase("fleet");
  settings.replicas = 2;
  settings.lease_time = "60s";
  RealFleet fleet(settings);
  fleet.StartAgent("eu-1", "eu-west-1");
  FaultyRun run(fleet, 12);
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
  server.Signal(SIGSTOP);
  const auto says = [&](const std::string& what) {
    return WaitUntil(
        [&] { return (fleet.coordinator(0).err() + fleet.coordinator(1).err()).find(what) != std::string::npos; },
        absl::Seconds(60));
  };
  EXPECT_TRUE(says("ownership not extended")) << fleet.coordinator(0).err() << fleet.coordinator(1).err();
  EXPECT_TRUE(says("fleet given up")) << fleet.coordinator(0).err() << fleet.coordinator(1).err();
  const auto asked = fleet.Run({"runs", "cancel", "r-none"});
  EXPECT_EQ(asked.exit_code, 3);
  EXPECT_THAT(asked.err, HasSubstr("cannot reach its store"));
  server.Signal(SIGCONT);
  EXPECT_EQ(run.Wait(absl::Seconds(120)), 0)
      << run.output() << fleet.coordinator(0).err() << fleet.coordinator(1).err();
  run.ExpectEachCaseOnce(1);
}

}  // namespace
}  // namespace wsfleet::testing
