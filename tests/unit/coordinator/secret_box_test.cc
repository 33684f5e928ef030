#include "coordinator/secret_box.h"

#include <filesystem>

#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/coordinator/given_secrets.h"

namespace wsfleet::coordinator {
namespace {

const SecretOwner kJob = SecretOwner::OfJob(JobId("r-1"));
const GivenSecrets kSecrets = Given({{"JWT_KEY", "canary-4711 \"\\\x01\xc3\xa4"}, {"EMPTY", ""}});

TEST(SecretBox, OpensWhatItSealed) {
  const auto box = SecretBox::WithRandomKey();
  ASSERT_TRUE(box.ok());
  const auto sealed = box->Seal(kJob, kSecrets);
  ASSERT_TRUE(sealed.ok());
  EXPECT_EQ(sealed->find("canary"), std::string::npos);
  EXPECT_EQ(*box->Open(kJob, *sealed), kSecrets);
}

TEST(SecretBox, SealsTheSameDifferentlyEachTime) {
  const auto box = SecretBox::WithRandomKey();
  EXPECT_NE(*box->Seal(kJob, kSecrets), *box->Seal(kJob, kSecrets));
}

TEST(SecretBox, NeedsNothingForNoSecrets) {
  const auto box = SecretBox::WithRandomKey();
  EXPECT_EQ(*box->Seal(kJob, {}), "");
  EXPECT_TRUE(box->Open(kJob, "")->empty());
}

TEST(SecretBox, RefusesWhatWasSealedForAnotherJob) {
  const auto box = SecretBox::WithRandomKey();
  EXPECT_TRUE(absl::IsDataLoss(box->Open(SecretOwner::OfJob(JobId("r-2")), *box->Seal(kJob, kSecrets)).status()));
}

TEST(SecretBox, OpensWhatIsAScheduleSForItsRunsOfTheSameFilesOnly) {
  const auto box = SecretBox::WithRandomKey();
  const FleetName fleet("default");
  const ScheduleName nightly("nightly");
  JobSpec run;
  run.schedule = nightly;
  run.bundle = BundleDigest("d1");
  const std::string sealed = *box->Seal(SecretOwner::OfSchedule(fleet, nightly, run.bundle), kSecrets);
  EXPECT_EQ(*box->Open(SecretOwner::Of(fleet, JobId("r-7"), run), sealed), kSecrets);
  const auto refused = [&](const FleetName& of, const JobSpec& spec) {
    EXPECT_TRUE(absl::IsDataLoss(box->Open(SecretOwner::Of(of, JobId("r-7"), spec), sealed).status()));
  };
  refused(FleetName("other"), run);
  JobSpec other = run;
  other.bundle = BundleDigest("d2");
  refused(fleet, other);
  other = run;
  other.schedule = ScheduleName("other");
  refused(fleet, other);
  other.schedule = ScheduleName();
  refused(fleet, other);
}

TEST(SecretBox, RefusesWhatWasSealedUnderAnotherKey) {
  const auto box = SecretBox::WithRandomKey();
  const auto other = SecretBox::WithRandomKey();
  EXPECT_TRUE(absl::IsDataLoss(other->Open(kJob, *box->Seal(kJob, kSecrets)).status()));
}

TEST(SecretBox, RefusesEveryChangeAndEveryCut) {
  const auto box = SecretBox::WithRandomKey();
  const std::string sealed = *box->Seal(kJob, kSecrets);
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_TRUE(absl::IsDataLoss(box->Open(kJob, changed).status())) << at;
    if (at > 0) {
      EXPECT_TRUE(absl::IsDataLoss(box->Open(kJob, sealed.substr(0, at)).status())) << at;
    }
  }
}

TEST(SecretBox, KeepsItsKeyInAFileOfItsOwnerOnly) {
  const testing::TemporaryDirectory directory;
  const std::string path = (directory.path() / "secrets.key").string();
  const std::string sealed = *SecretBox::WithKeyFile(path)->Seal(kJob, kSecrets);
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(*SecretBox::WithKeyFile(path)->Open(kJob, sealed), kSecrets);
}

TEST(SecretBox, RefusesAKeyFileThatHoldsNoKey) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.Write("secrets.key", "short");
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  EXPECT_TRUE(absl::IsFailedPrecondition(SecretBox::WithKeyFile(path).status()));
}

TEST(SecretBox, SaysWhichKeyItHasAndNothingOfIt) {
  const testing::TemporaryDirectory directory;
  const std::string path = (directory.path() / "secrets.key").string();
  const std::string first = SecretBox::WithKeyFile(path)->fingerprint();
  EXPECT_EQ(SecretBox::WithKeyFile(path)->fingerprint(), first);
  EXPECT_NE(SecretBox::WithRandomKey()->fingerprint(), first);
  EXPECT_EQ(first.size(), 16u);
}

}  // namespace
}  // namespace wsfleet::coordinator
