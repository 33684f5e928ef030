#include "secrets/secret_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet {
namespace {

using ::testing::HasSubstr;

class SecretFile : public ::testing::Test {
 protected:
  std::string Write(const std::string& content, mode_t mode = 0600) const {
    std::string path = directory_.Write("secret", content);
    chmod(path.c_str(), mode);
    return path;
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(SecretFile, IsReadWithoutTheEndOfItsLastLine) {
  EXPECT_EQ(ReadSecretFile(Write("s3cr3t"))->Reveal(), "s3cr3t");
  EXPECT_EQ(ReadSecretFile(Write("s3cr3t\n"))->Reveal(), "s3cr3t");
  EXPECT_EQ(ReadSecretFile(Write("s3cr3t\r\n"))->Reveal(), "s3cr3t");
  EXPECT_EQ(ReadSecretFile(Write("a\nb\n\n"))->Reveal(), "a\nb\n");
  EXPECT_EQ(ReadSecretFile(Write("s3cr3t", 0400))->Reveal(), "s3cr3t");
}

TEST_F(SecretFile, IsRefusedIfOthersMayReadIt) {
  for (const mode_t mode : {0640, 0604, 0660}) {
    const auto secret = ReadSecretFile(Write("s3cr3t", mode));
    EXPECT_TRUE(absl::IsFailedPrecondition(secret.status())) << mode;
    EXPECT_THAT(secret.status().message(), HasSubstr("chmod 600"));
  }
}

TEST_F(SecretFile, MayBeReadByTheGroupThatRootGaveItTo) {
  struct stat facts{};
  facts.st_mode = S_IFREG | 0440;
  facts.st_uid = 0;
  EXPECT_EQ(CheckIsPrivate("f", facts).ok(), geteuid() != 0);
  facts.st_mode = S_IFREG | 0444;
  EXPECT_FALSE(CheckIsPrivate("f", facts).ok());
}

TEST_F(SecretFile, HasALimitAndHoldsSomething) {
  EXPECT_EQ(ReadSecretFile(Write(std::string(kMaxSecretBytes, 's')))->size(), kMaxSecretBytes);
  EXPECT_THAT(ReadSecretFile(Write(std::string(kMaxSecretBytes + 1, 's'))).status().message(), HasSubstr("at most"));
  EXPECT_THAT(ReadSecretFile(Write("\n")).status().message(), HasSubstr("found nothing"));
}

TEST_F(SecretFile, IsText) {
  const auto refused = ReadSecretFile(Write("\xff\xfe\xfd"));
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status()));
  EXPECT_THAT(refused.status().message(), HasSubstr("expected UTF-8"));
}

TEST_F(SecretFile, IsAFile) {
  EXPECT_TRUE(absl::IsNotFound(ReadSecretFile((directory_.path() / "none").string()).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadSecretFile(directory_.path().string()).status()));
  const std::string pipe = (directory_.path() / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadSecretFile(pipe).status())) << "without waiting for a writer";
}

}  // namespace
}  // namespace wsfleet
