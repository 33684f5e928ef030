#include "coordinator/recollection.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_message.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

FleetSnapshot SnapshotOf(const std::vector<std::string>& jobs) {
  FleetSnapshot snapshot;
  for (const std::string& id : jobs) {
    snapshot.jobs.emplace_back();
    snapshot.jobs.back().id = JobId(id);
  }
  return snapshot;
}

TEST(Recollection, HasARunEndedOfWhichSomethingWasRefused) {
  Recollection recollection;
  recollection.NoteRefusal(JobId("r-1"), "too long");
  FleetSnapshot snapshot = SnapshotOf({"r-1", "r-2"});
  const auto refused = recollection.Recall(snapshot);
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_TRUE(recollection.CheckNotAside(JobId("r-1")).ok()) << "it can be cancelled, and watched to its end";
  EXPECT_EQ(refused[0].job, JobId("r-1"));
  EXPECT_EQ(refused[0].why, "too long");
  EXPECT_THAT(snapshot.jobs, SizeIs(2));
}

TEST(Recollection, SetsARunAsideWhoseEndWasRefusedToo) {
  Recollection recollection;
  recollection.NoteRefusal(JobId("r-1"), "too long");
  recollection.NoteRefusal(JobId("r-1"), "too long");
  FleetSnapshot snapshot = SnapshotOf({"r-1", "r-2"});
  EXPECT_THAT(recollection.Recall(snapshot), IsEmpty());
  ASSERT_THAT(snapshot.jobs, SizeIs(1));
  EXPECT_EQ(snapshot.jobs[0].id, JobId("r-2"));
  EXPECT_TRUE(recollection.CheckNotAside(JobId("r-2")).ok());
  EXPECT_THAT(testing::Message(recollection.CheckNotAside(JobId("r-1"))), HasSubstr("cannot be stored (too long)"));
  FleetSnapshot again = SnapshotOf({"r-1", "r-2"});
  EXPECT_THAT(recollection.Recall(again), IsEmpty());
  EXPECT_THAT(again.jobs, SizeIs(1)) << "as long as this process runs the fleet";
}

TEST(Recollection, ForgetsRunsThatHaveEnded) {
  Recollection recollection;
  recollection.NoteRefusal(JobId("r-1"), "too long");
  FleetSnapshot without = SnapshotOf({"r-2"});
  EXPECT_THAT(recollection.Recall(without), IsEmpty());
  FleetSnapshot with = SnapshotOf({"r-1"});
  EXPECT_THAT(recollection.Recall(with), IsEmpty());
}

TEST(Recollection, KnowsTroubleThatGoesOn) {
  Recollection recollection;
  const SteadyTime first{absl::Hours(1)};
  EXPECT_FALSE(recollection.IsSameTrouble(first));
  EXPECT_TRUE(recollection.IsSameTrouble(first + absl::Seconds(9)));
  EXPECT_TRUE(recollection.IsSameTrouble(first + absl::Seconds(18)));
  EXPECT_FALSE(recollection.IsSameTrouble(first + absl::Seconds(29)));
}

}  // namespace
}  // namespace wsfleet::coordinator
