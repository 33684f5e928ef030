#include "coordinator/access/audit_queue.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::coordinator {
namespace {

AuditRecord ChangeOf(const std::string& caller, const std::string& fleet, const std::string& action = "runs.submit") {
  AuditRecord record;
  record.principal = caller;
  record.fleet = FleetName(fleet);
  record.action = action;
  return record;
}

void Fill(AuditQueue& queue, const std::string& fleet, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_TRUE(queue.Push(ChangeOf(fleet + std::to_string(i / AuditQueue::kMaxOfCaller), fleet)));
  }
}

TEST(AuditQueue, HasRoomForOthersWhenOneCallerHasFilledTheirs) {
  AuditQueue queue;
  for (std::size_t i = 0; i < AuditQueue::kMaxOfCaller; ++i) EXPECT_TRUE(queue.Push(ChangeOf("mallory", "blue")));
  const absl::Status full = queue.CheckRoom(ChangeOf("mallory", "blue"));
  EXPECT_TRUE(absl::IsResourceExhausted(full));
  EXPECT_THAT(std::string(full.message()), ::testing::HasSubstr("1000 changes of \"mallory\" wait"));
  EXPECT_TRUE(queue.CheckRoom(ChangeOf("ann", "blue")).ok());
}

TEST(AuditQueue, HasRoomForOtherFleetsWhenOneHasFilledItsOwn) {
  AuditQueue queue;
  Fill(queue, "blue", AuditQueue::kMaxOfFleet);
  EXPECT_TRUE(absl::IsResourceExhausted(queue.CheckRoom(ChangeOf("ann", "blue"))));
  EXPECT_TRUE(queue.CheckRoom(ChangeOf("ann", "green")).ok());
}

TEST(AuditQueue, HasRoomToStopAFleetWhateverWaits) {
  AuditQueue queue;
  for (const char* fleet : {"blue", "green", "red", "grey"}) Fill(queue, fleet, AuditQueue::kMaxOfFleet);
  EXPECT_TRUE(absl::IsResourceExhausted(queue.CheckRoom(ChangeOf("ann", "white"))));
  EXPECT_TRUE(queue.CheckRoom(ChangeOf("blue0", "blue", "fleet.stop")).ok());
}

TEST(AuditQueue, DropsWhatChangedNothingBeyondItsOwnRoomAndTakesAChange) {
  AuditQueue queue;
  AuditRecord failed = ChangeOf("mallory", "blue");
  failed.outcome = AuditOutcome::kFailed;
  for (std::size_t i = 0; i < AuditQueue::kMaxIdle; ++i) EXPECT_TRUE(queue.Push(failed));
  EXPECT_FALSE(queue.Push(failed));
  EXPECT_TRUE(queue.CheckRoom(ChangeOf("mallory", "blue")).ok());
  EXPECT_TRUE(queue.Push(ChangeOf("mallory", "blue")));
}

TEST(AuditQueue, HasRoomAgainOnceWhatWaitedIsStored) {
  AuditQueue queue;
  Fill(queue, "blue", AuditQueue::kMaxOfFleet);
  EXPECT_EQ(queue.Front(10).size(), 10u);
  queue.Pop(1);
  EXPECT_TRUE(queue.CheckRoom(ChangeOf("ann", "blue")).ok());
  queue.Pop(AuditQueue::kMaxOfFleet - 1);
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_TRUE(queue.Front(10).empty());
}

}  // namespace
}  // namespace wsfleet::coordinator
