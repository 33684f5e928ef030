#include <signal.h>

#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/checker/stored.h"
#include "tests/faults/faulty_run.h"
#include "tests/faults/store_kind.h"
#include "tests/support/postgres_server.h"

// Rows 1 to 3 and 32 of the faults: the coordinator dies at an exact place around a commit, or is told a lie about it.
namespace wsfleet::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

class CommitFaults : public ::testing::TestWithParam<StoreKind> {
 protected:
  // A coordinator with this failpoint (tests/support/failing/failpoint.h) and one agent.
  void StartWith(const std::string& failpoint) {
    RealFleet::Settings settings;
    // A fleet on PostgreSQL is taken over when its owner's term is over.
    settings.lease_time = "20s";
    if (GetParam() == StoreKind::kPostgres) settings.postgres_url = PostgresDatabase().url();
    settings.coordinator = {FailingCoordinator(), {{"WSFLEET_FAILPOINT", failpoint}}, {}};
    fleet_.emplace(settings);
    fleet_->settings().coordinator = {"wsfleet-coordinator", {}, {}};
    fleet_->StartAgent("eu-1", "eu-west-1");
    run_.emplace(*fleet_, 4);
  }

  // The failpoint was reached: the process killed itself. The next one has none.
  void RestartAfterDeath() {
    ASSERT_EQ(fleet_->coordinator().Wait(absl::Seconds(30)), 137) << fleet_->coordinator().err() << run_->output();
    fleet_->StartCoordinator();
  }

  // It went well in spite of everything, and once.
  void ExpectOneRun() {
    EXPECT_EQ(run_->Wait(), 0) << run_->output() << fleet_->coordinator().err();
    run_->ExpectEachCaseOnce(1);
    fleet_->coordinator().Signal(SIGTERM);
    EXPECT_EQ(fleet_->coordinator().Wait(absl::Seconds(30)), 0);
    const auto stored = ReadStored(fleet_->store());
    ASSERT_TRUE(stored.ok()) << stored.status();
    ASSERT_THAT(stored->jobs, SizeIs(1));
    EXPECT_THAT(stored->leases, SizeIs(0));
    EXPECT_THAT(stored->jobs.begin()->second.results, SizeIs(4));
  }

  std::optional<RealFleet> fleet_;
  std::optional<FaultyRun> run_;
};

using Fault01 = CommitFaults;
using Fault02 = CommitFaults;
using Fault03 = CommitFaults;
using Fault32 = CommitFaults;

TEST_P(Fault01, ACoordinatorKilledBeforeASubmitCommitsHasOneRunAfterTheRetryUnderItsKey) {
  StartWith("before submit kill");
  run_->Start({"--run-key", "nightly"});
  RestartAfterDeath();
  ExpectOneRun();
  EXPECT_THAT(run_->output(), ::testing::Not(HasSubstr("attached to the run of this key")));
}

TEST_P(Fault02, ACoordinatorKilledAfterASubmitCommittedAnswersTheRetryWithTheRunThatThereIs) {
  StartWith("after submit kill");
  run_->Start({"--run-key", "nightly"});
  RestartAfterDeath();
  ExpectOneRun();
  EXPECT_THAT(run_->output(), HasSubstr("attached to the run of this key"));
}

TEST_P(Fault03, AResultWhoseAcknowledgementDiedWithTheCoordinatorIsSentAgainAndCountsOnce) {
  StartWith("after result kill");
  run_->Start({"--run-key", "nightly"});
  RestartAfterDeath();
  ExpectOneRun();
  // Nor was it run again.
  EXPECT_THAT(run_->SeenByTarget(), Each(Pair(::testing::_, 1)));
}

TEST_P(Fault32, CommitsThatWereDoneAndReportedAsFailedHaveNoSecondEffect) {
  StartWith("after any error 3");
  run_->Start({"--run-key", "nightly"});
  ASSERT_TRUE(WaitUntil([&] { return fleet_->coordinator().err().find("commit failed") != std::string::npos; }));
  ExpectOneRun();
}

// Not one of the rows: of a commit that will never go through.
TEST_P(CommitFaults, ResultsThatCanNeverBeStoredEndTheirRunAsInconclusiveAndSayWhy) {
  StartWith("before result refuse");
  run_->Start();
  EXPECT_EQ(run_->Wait(), 3) << run_->output() << fleet_->coordinator().err();
  EXPECT_THAT(run_->output(), HasSubstr("not-stored: a failpoint says that this can never be stored"));
  fleet_->coordinator().Signal(SIGTERM);
  EXPECT_EQ(fleet_->coordinator().Wait(absl::Seconds(30)), 0);
  const std::string log = fleet_->coordinator().err();
  EXPECT_EQ(log.find("commit failed"), log.rfind("commit failed")) << log;
  const auto stored = ReadStored(fleet_->store());
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_THAT(stored->leases, SizeIs(0));
  EXPECT_TRUE(fleet_->agent("eu-1").running());
}

INSTANTIATE_TEST_SUITE_P(Stores, CommitFaults, kStores, NameOfParameter);
INSTANTIATE_TEST_SUITE_P(Stores, Fault01, kStores, NameOfParameter);
INSTANTIATE_TEST_SUITE_P(Stores, Fault02, kStores, NameOfParameter);
INSTANTIATE_TEST_SUITE_P(Stores, Fault03, kStores, NameOfParameter);
INSTANTIATE_TEST_SUITE_P(Stores, Fault32, kStores, NameOfParameter);

}  // namespace
}  // namespace wsfleet::testing
