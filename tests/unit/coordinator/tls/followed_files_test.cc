#include "coordinator/tls/followed_files.h"

#include <fstream>
#include <iterator>

#include "coordinator/tls/ephemeral_ca.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;

std::string TextOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class FollowedFilesTest : public ::testing::Test {
 protected:
  FollowedFilesTest() {
    for (const char* name : {"first", "second"}) {
      const std::string path = (directory_.path() / name).string();
      EXPECT_TRUE(MakeEphemeralCa(path, absl::Now()).ok());
      sources_.emplace_back(path);
    }
    TakeFrom(0);
  }

  void Write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::trunc) << text; }
  void TakeFrom(std::size_t source) {
    Write(files_.certificate, TextOf(sources_[source].server_certificate));
    Write(files_.key, TextOf(sources_[source].server_key));
    Write(files_.client_ca, TextOf(sources_[source].ca));
  }
  bool Has(const FollowedFiles& followed, std::size_t source) const {
    const TlsFiles copies = followed.copies();
    return TextOf(copies.certificate) == TextOf(sources_[source].server_certificate) &&
           TextOf(copies.key) == TextOf(sources_[source].server_key) &&
           TextOf(copies.client_ca) == TextOf(sources_[source].ca);
  }

  testing::TemporaryDirectory directory_;
  std::vector<EphemeralCaFiles> sources_;
  TlsFiles files_{(directory_.path() / "tls.pem").string(), (directory_.path() / "tls.key").string(),
                  (directory_.path() / "ca.pem").string()};
};

TEST_F(FollowedFilesTest, AreReplacedUnderPathsThatStay) {
  const auto followed = FollowedFiles::Follow(files_);
  ASSERT_TRUE(followed.ok()) << followed.status();
  const TlsFiles before = (*followed)->copies();
  EXPECT_TRUE(Has(**followed, 0));
  TakeFrom(1);
  EXPECT_TRUE((*followed)->Look().ok());
  EXPECT_TRUE(Has(**followed, 1));
  EXPECT_EQ((*followed)->copies().key, before.key);
}

TEST_F(FollowedFilesTest, StayWhatTheyWereWhileOneIsEmptyOrAnothersOrGone) {
  const auto followed = FollowedFiles::Follow(files_);
  ASSERT_TRUE(followed.ok()) << followed.status();
  for (const std::string& path : {files_.certificate, files_.key, files_.client_ca}) {
    Write(path, "");
    EXPECT_THAT(std::string(ToStd((*followed)->Look().message())), HasSubstr(path + ": expected"));
    EXPECT_TRUE(Has(**followed, 0));
    ASSERT_EQ(unlink(path.c_str()), 0);
    EXPECT_FALSE((*followed)->Look().ok());
    EXPECT_TRUE(Has(**followed, 0));
    TakeFrom(0);
  }
  Write(files_.key, TextOf(sources_[1].server_key));
  EXPECT_THAT(std::string(ToStd((*followed)->Look().message())), HasSubstr("is not the key of"));
  EXPECT_TRUE(Has(**followed, 0));
}

}  // namespace
}  // namespace wsfleet::coordinator
