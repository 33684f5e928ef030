#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/store/refusal.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/every_store.h"

// Ids of cases are what authors made of them: long, and of any characters but NUL.
namespace wsfleet::testing {
namespace {

using ::testing::SizeIs;

template <typename Factory>
class KeyContract : public StoreContract<Factory> {};
TYPED_TEST_SUITE(KeyContract, EveryStore);

// That no compression makes shorter.
std::string Noise(std::size_t bytes, std::uint64_t seed) {
  std::string text;
  while (text.size() < bytes) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    text += static_cast<char>('!' + (seed >> 33) % 94);
  }
  return text;
}

std::vector<std::string> OddIds() {
  const std::string longest = Noise(4096, 1);
  return {longest,
          longest.substr(0, 4095) + "é",
          Noise(2705, 2),
          "gate/health",
          "gate/health ",
          "Gate/health",
          "gate/[v=\\]",
          "gate/[v=\\\\]",
          "gate/[v=\\134]",
          "gate/[v=\\x5c]",
          "gate/[v=']",
          "gate/[v=\"]",
          "gate/[v=\xEF\xBF\xBD]",
          "gate/[v=\\0]",
          "gate/[v=\n]",
          "gate/[v=é]",
          "gate/[v=e\xCC\x81]",
          "gate/[v=日本語]"};
}

TYPED_TEST(KeyContract, KeepsAResultOfEachCaseWhateverItsIdIs) {
  WriteBatch batch = ABusyJob("r-1");
  batch.results.clear();
  batch.events.clear();
  for (const std::string& id : OddIds()) {
    batch.results.push_back(AResult("r-1", id));
    batch.events.push_back(AResultEvent("r-1", batch.events.size() + 1, id));
  }
  const auto committed = this->fleet_.Commit(kOwner, {batch});
  ASSERT_TRUE(committed.ok()) << committed.status();
  const auto snapshot = this->fleet_.Load(kOwner);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  ASSERT_THAT(snapshot->results, SizeIs(batch.results.size()));
  for (std::size_t i = 0; i < batch.results.size(); ++i) {
    EXPECT_EQ(snapshot->results[i].result.case_id, batch.results[i].result.case_id);
  }
  const auto changes = this->jobs_.ChangesAfter(kFleet, JobId("r-1"), {});
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_THAT(changes->events, SizeIs(batch.events.size()));
  for (const auto& view : changes->events) {
    ASSERT_TRUE(view.result.has_value()) << view.event.case_id.value();
    EXPECT_EQ(view.result->taken.result.case_id, view.event.case_id);
  }
}

TYPED_TEST(KeyContract, RefusesASecondResultOfACaseWhateverItsIdIs) {
  WriteBatch batch = ABusyJob("r-1");
  batch.results.clear();
  for (const std::string& id : OddIds()) batch.results.push_back(AResult("r-1", id));
  ASSERT_TRUE(this->fleet_.Commit(kOwner, {batch}).ok());
  for (const std::string& id : OddIds()) {
    WriteBatch again;
    again.results = {AResult("r-1", id)};
    const absl::Status refused = this->fleet_.Commit(kOwner, {again}).status();
    EXPECT_TRUE(absl::IsAlreadyExists(refused)) << refused;
    EXPECT_EQ(store::RefusedJob(refused), JobId("r-1")) << id;
  }
}

}  // namespace
}  // namespace wsfleet::testing
