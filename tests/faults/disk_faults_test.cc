#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/checker/checker.h"
#include "tests/faults/checker/load.h"
#include "tests/faults/faulty_run.h"

// Rows 25 and 27 of the faults, and a disk that takes nothing any more: what becomes of a coordinator's store.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A coordinator whose store lies in a folder of its own, on a disk that the test can spoil.
class DiskFaults : public ::testing::Test {
 protected:
  static RealFleet::Settings SettingsOf() {
    RealFleet::Settings settings;
    settings.lease_time = "60s";
    settings.store_file = "disk/fleet.db";
    return settings;
  }

  std::string LogOfCoordinator() { return fleet_->coordinator().err(); }
  bool CoordinatorSays(const std::string& what) {
    return WaitUntil([&] { return LogOfCoordinator().find(what) != std::string::npos; });
  }
  std::filesystem::path Disk() const { return fleet_->directory().path() / "disk"; }

  std::optional<RealFleet> fleet_;
};

// --- a disk that is full ---------------------------------------------------------------------------------------------

class Fault25 : public DiskFaults {
 protected:
  Fault25() {
    RealFleet::Settings settings = SettingsOf();
    settings.coordinator.behind = {"unshare",
                                   "--user",
                                   "--map-root-user",
                                   "--mount",
                                   "sh",
                                   "-c",
                                   "mount -t tmpfs -o size=16m none {directory}/disk && exec \"$@\"",
                                   "sh"};
    fleet_.emplace(settings);
    fleet_->StartAgent("eu-1", "eu-west-1");
  }

  // As the coordinator sees it.
  std::filesystem::path Filler() {
    return fmt::format("/proc/{}/root{}", fleet_->coordinator().pid(), (Disk() / "filler").string());
  }
  void FillDisk() {
    std::ofstream filler(Filler(), std::ios::binary);
    const std::string page(4096, 'x');
    while (filler.write(page.data(), static_cast<std::streamsize>(page.size())).flush()) {
    }
  }
  void MakeRoom() { std::filesystem::remove(Filler()); }
};

TEST_F(Fault25, AFullDiskRefusesSubmitsAndKeepsWhatItHasAndTakesThemWhenThereIsRoom) {
  FaultyRun before(*fleet_, 2);
  before.Start();
  ASSERT_EQ(before.Wait(), 0) << before.output();
  FillDisk();
  FaultyRun refused(*fleet_, 3);
  refused.Start({"--run-key", "refused"});
  EXPECT_EQ(refused.Wait(), 3) << refused.output();
  EXPECT_THAT(refused.output(), HasSubstr("database or disk is full"));
  EXPECT_THAT(refused.output(), HasSubstr("make room"));
  EXPECT_TRUE(fleet_->coordinator().running());
  const Finished listed = fleet_->Run({"runs", "list", "-o", "name"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_EQ(std::ranges::count(listed.out, '\n'), 1) << "what was stored is read; what was refused is not there";

  MakeRoom();
  FaultyRun after(*fleet_, 3);
  after.Start({"--run-key", "refused", "--agents-wait", "60s"});
  EXPECT_EQ(after.Wait(), 0) << after.output();
  after.ExpectEachCaseOnce(1);
}

TEST_F(Fault25, ARunThatIsUnderWayGoesOnWhenThereIsRoomAndNoResultIsLost) {
  FaultyRun run(*fleet_, 12);
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
  FillDisk();
  EXPECT_TRUE(CoordinatorSays("commit failed")) << LogOfCoordinator();
  MakeRoom();
  EXPECT_EQ(run.Wait(), 0) << run.output() << LogOfCoordinator();
  run.ExpectEachCaseOnce(1);
}

// --- a disk that fails -----------------------------------------------------------------------------------------------

class FailingDiskTest : public DiskFaults {
 protected:
  FailingDiskTest() {
    RealFleet::Settings settings = SettingsOf();
    settings.coordinator.environment = {{"LD_PRELOAD", FailingDisk()}, {"WSFLEET_FAILING_DISK", "{directory}/disk"}};
    fleet_.emplace(settings);
    fleet_->StartAgent("eu-1", "eu-west-1");
  }

  // Until it is mended.
  void Break(const std::string& how) {
    const std::filesystem::path draft = fleet_->directory().path() / "draft";
    std::ofstream(draft) << how;
    std::filesystem::rename(draft, Disk() / "fail");
  }
  void Mend() { std::filesystem::remove(Disk() / "fail"); }
};

using Fault27 = FailingDiskTest;

TEST_F(Fault27, AnFsyncErrorEndsTheCoordinatorWithoutAnAcknowledgement) {
  const Model model{1, {"1", "2"}, 2, "passed"};
  TargetServer target(DemoTarget({"accept-any-token"}));
  Load load(*fleet_, target.ws_url(), model, 2);
  for (std::size_t runs : {1, 3}) {
    ASSERT_TRUE(WaitUntil([&] { return load.finished_runs() >= runs; }));
    Break("fsync EIO");
    ASSERT_EQ(fleet_->coordinator().Wait(absl::Seconds(30)), 1) << LogOfCoordinator();
    EXPECT_THAT(LogOfCoordinator(), HasSubstr("coordinator ends at once"));
    EXPECT_THAT(LogOfCoordinator(), HasSubstr("Input/output error"));
    EXPECT_THAT(LogOfCoordinator(), HasSubstr("may not be on the disk"));
    Mend();
    fleet_->StartCoordinator();
  }
  const std::vector<Testimony> testimonies = load.Finish();
  fleet_->coordinator().Signal(SIGTERM);
  EXPECT_EQ(fleet_->coordinator().Wait(absl::Seconds(30)), 0);
  const auto stored = ReadStored(fleet_->store());
  ASSERT_TRUE(stored.ok()) << stored.status();
  // Nobody was told of anything that is not there.
  EXPECT_THAT(Check(model, testimonies, *stored, ReadTargetLog(target.access_log())), IsEmpty());
}

using ReadOnlyDisk = FailingDiskTest;

TEST_F(ReadOnlyDisk, IsSaidAndNothingIsAcknowledgedAndItGoesOnByItselfAfterwards) {
  FaultyRun run(*fleet_, 12);
  run.Start();
  ASSERT_TRUE(run.AwaitBegun(3)) << run.output();
  Break("write EROFS");
  EXPECT_TRUE(CoordinatorSays("commit failed")) << LogOfCoordinator();
  EXPECT_TRUE(CoordinatorSays("Read-only file system")) << LogOfCoordinator();
  const Finished refused = fleet_->Run({"run", fleet_->directory().Write("one.wsfleet.yaml", R"(version: wsfleet/v1
name: one
target: "ws://127.0.0.1:1"
scenarios:
  - {name: one, steps: [connect: {path: /}, ping: {}]}
)")});
  EXPECT_EQ(refused.exit_code, 3) << refused.out;
  EXPECT_THAT(refused.err, HasSubstr("Read-only file system"));
  EXPECT_TRUE(fleet_->coordinator().running());
  Mend();
  EXPECT_EQ(run.Wait(), 0) << run.output() << LogOfCoordinator();
  run.ExpectEachCaseOnce(1);
}

}  // namespace
}  // namespace wsfleet::testing
