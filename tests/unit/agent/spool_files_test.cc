#include "agent/spool_files.h"

#include <filesystem>
#include <future>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::agent {
namespace {

namespace fs = std::filesystem;
using ::testing::SizeIs;

std::shared_ptr<const v1::ResultBatch> BatchNumbered(std::uint64_t seq) {
  auto batch = std::make_shared<v1::ResultBatch>();
  batch->set_lease(7);
  batch->set_seq(seq);
  batch->add_results()->set_case_id("a");
  return batch;
}

class SpoolFilesTest : public ::testing::Test {
 protected:
  std::unique_ptr<SpoolDirectory> Open() {
    auto opened = SpoolDirectory::Open(path_, "default/eu-1");
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? std::move(opened->directory) : nullptr;
  }
  std::vector<v1::ResultBatch> Left() {
    auto opened = SpoolDirectory::Open(path_, "default/eu-1");
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? opened->batches : std::vector<v1::ResultBatch>();
  }

  testing::TemporaryDirectory directory_;
  std::string path_ = (directory_.path() / "spool").string();
};

TEST_F(SpoolFilesTest, HoldWhatWasPutAndNotDropped) {
  {
    SpoolFiles files(Open(), [](const absl::Status&) {});
    for (std::uint64_t seq = 1; seq <= 3; ++seq) files.Put(BatchNumbered(seq));
    files.Drop(LeaseId(7), BatchSeq(2));
  }
  const auto left = Left();
  ASSERT_THAT(left, SizeIs(2));
  EXPECT_EQ(left[0].seq(), 1u);
  EXPECT_EQ(left[1].seq(), 3u);
}

TEST_F(SpoolFilesTest, SayWhenTheDiskFailsAndWhenItWorksAgainAndLoseNothing) {
  auto directory = Open();
  std::promise<absl::Status> failed, works;
  int calls = 0;
  {
    // Out of the way, as a disk that was unmounted.
    fs::rename(path_, path_ + ".away");
    SpoolFiles files(std::move(directory),
                     [&](const absl::Status& status) { (++calls == 1 ? failed : works).set_value(status); });
    files.Put(BatchNumbered(1));
    EXPECT_FALSE(failed.get_future().get().ok());
    fs::rename(path_ + ".away", path_);
    EXPECT_TRUE(works.get_future().get().ok());
  }
  EXPECT_EQ(calls, 2);
  EXPECT_THAT(Left(), SizeIs(1));
}

TEST_F(SpoolFilesTest, EndAlthoughTheDiskFails) {
  auto directory = Open();
  fs::remove_all(path_);
  SpoolFiles files(std::move(directory), [](const absl::Status&) {});
  files.Put(BatchNumbered(1));
}

}  // namespace
}  // namespace wsfleet::agent
