#include "agent/spool_directory.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::agent {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::ResultBatch BatchWith(std::uint64_t lease, std::uint64_t seq, const std::string& case_id) {
  v1::ResultBatch batch;
  batch.set_lease(lease);
  batch.set_seq(seq);
  batch.add_results()->set_case_id(case_id);
  return batch;
}

class SpoolDirectoryTest : public ::testing::Test {
 protected:
  absl::StatusOr<SpoolDirectory::Opened> Open(const std::string& owner = "default/eu-1") {
    return SpoolDirectory::Open(path_, owner);
  }
  // Spools these two batches and ends.
  void SpoolTwo() {
    const auto opened = Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    ASSERT_TRUE(opened->directory->Write(BatchWith(7, 2, "b")).ok());
    ASSERT_TRUE(opened->directory->Write(BatchWith(7, 1, "a")).ok());
  }
  std::vector<fs::path> Files(const std::string& extension) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(path_)) {
      if (entry.path().extension() == extension) files.push_back(entry.path());
    }
    return files;
  }

  testing::TemporaryDirectory directory_;
  std::string path_ = (directory_.path() / "state" / "spool").string();
};

TEST_F(SpoolDirectoryTest, GivesBackWhatWasWrittenInOrder) {
  SpoolTwo();
  const auto again = Open();
  ASSERT_TRUE(again.ok()) << again.status();
  ASSERT_THAT(again->batches, SizeIs(2));
  EXPECT_EQ(again->batches[0].SerializeAsString(), BatchWith(7, 1, "a").SerializeAsString());
  EXPECT_EQ(again->batches[1].SerializeAsString(), BatchWith(7, 2, "b").SerializeAsString());
}

TEST_F(SpoolDirectoryTest, ForgetsWhatWasRemoved) {
  SpoolTwo();
  {
    const auto opened = Open();
    ASSERT_TRUE(opened.ok());
    EXPECT_TRUE(opened->directory->Remove(LeaseId(7), BatchSeq(1)).ok());
    EXPECT_TRUE(opened->directory->Remove(LeaseId(7), BatchSeq(1)).ok());
  }
  const auto again = Open();
  ASSERT_TRUE(again.ok());
  ASSERT_THAT(again->batches, SizeIs(1));
  EXPECT_EQ(again->batches[0].seq(), 2u);
}

TEST_F(SpoolDirectoryTest, SetsAsideEveryFileThatIsNotWhole) {
  SpoolTwo();
  const fs::path file = Files(".batch").front();
  const auto size = fs::file_size(file);
  for (std::uintmax_t cut = 0; cut < size; ++cut) {
    SCOPED_TRACE(cut);
    fs::copy_file(file, directory_.path() / "whole", fs::copy_options::overwrite_existing);
    fs::resize_file(file, cut);
    {
      const auto opened = Open();
      ASSERT_TRUE(opened.ok());
      EXPECT_THAT(opened->batches, SizeIs(1));
      EXPECT_THAT(opened->damaged, ElementsAre(file.filename().string()));
    }
    EXPECT_THAT(Open()->damaged, IsEmpty());
    fs::copy_file(directory_.path() / "whole", file, fs::copy_options::overwrite_existing);
  }
}

TEST_F(SpoolDirectoryTest, SetsAsideAFileWithAnyByteChanged) {
  SpoolTwo();
  const fs::path file = Files(".batch").front();
  const auto size = static_cast<std::streamoff>(fs::file_size(file));
  for (std::streamoff at = 0; at < size; ++at) {
    SCOPED_TRACE(at);
    fs::copy_file(file, directory_.path() / "whole", fs::copy_options::overwrite_existing);
    {
      std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
      stream.seekg(at);
      const char byte = static_cast<char>(stream.get());
      stream.seekp(at);
      stream.put(static_cast<char>(byte ^ 0x20));
    }
    EXPECT_THAT(Open()->damaged, SizeIs(1));
    fs::copy_file(directory_.path() / "whole", file, fs::copy_options::overwrite_existing);
  }
}

TEST_F(SpoolDirectoryTest, LeavesOutWhatWasBeingWritten) {
  SpoolTwo();
  std::ofstream(fs::path(path_) / "0000000000000007-00000003.batch.draft") << "half";
  EXPECT_THAT(Open()->batches, SizeIs(2));
  EXPECT_THAT(Files(".draft"), IsEmpty());
}

TEST_F(SpoolDirectoryTest, IsForOneProcessAtATime) {
  const auto first = Open();
  ASSERT_TRUE(first.ok());
  const auto second = Open();
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("in use by another wsfleet-agent"));
}

TEST_F(SpoolDirectoryTest, IsForOneAgent) {
  SpoolTwo();
  const auto other = Open("default/eu-2");
  EXPECT_EQ(other.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("agent default/eu-1, this is default/eu-2"));
}

TEST_F(SpoolDirectoryTest, IsForItsOwnerOnly) {
  SpoolTwo();
  struct stat about{};
  ASSERT_EQ(stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777u, 0700u);
  ASSERT_EQ(stat(Files(".batch").front().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777u, 0600u);
}

TEST_F(SpoolDirectoryTest, SaysWhereItCannotBeMade) {
  std::ofstream(directory_.path() / "file") << "x";
  const auto opened = SpoolDirectory::Open((directory_.path() / "file" / "spool").string(), "default/eu-1");
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("--spool-dir"));
}

}  // namespace
}  // namespace wsfleet::agent
