#include "proto/wire/secrets.h"

#include "gtest/gtest.h"

namespace wsfleet::wire {
namespace {

TEST(SecretsOnTheWire, AreTakenAsTheyWerePutAndNoneIsLeft) {
  GivenSecrets secrets;
  secrets["ANYWHERE"].value = Secret("s3cr3t");
  secrets["SOMEWHERE"] = {Secret("another"), *HostList::Parse({"a.example.com", "*.b.example.com"})};
  v1::Assignment assignment;
  PutSecrets(secrets, assignment);
  EXPECT_EQ(assignment.secret_hosts_size(), 1);
  const auto taken = TakeSecrets(assignment);
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(*taken, secrets);
  EXPECT_TRUE(assignment.secrets().empty());
}

TEST(SecretsOnTheWire, WithHostsThatAreNoneAreRefusedAndWiped) {
  v1::Assignment assignment;
  (*assignment.mutable_secrets())["A"] = "s3cr3t";
  (*assignment.mutable_secret_hosts())["A"];
  EXPECT_TRUE(absl::IsInvalidArgument(TakeSecrets(assignment).status())) << "no host is not any host";
  EXPECT_TRUE(assignment.secrets().empty());
  (*assignment.mutable_secret_hosts())["A"].add_hosts("https://a");
  EXPECT_FALSE(TakeSecrets(assignment).ok());
}

TEST(SecretsOnTheWire, AreOverwrittenInAMessage) {
  v1::CoordinatorMessage message;
  std::string& value = (*message.mutable_assignment()->mutable_secrets())["A"];
  value = "a secret of more than a few bytes";
  WipeSecrets(message);
  EXPECT_TRUE(message.assignment().secrets().empty());
  v1::CoordinatorMessage other;
  other.mutable_drain();
  WipeSecrets(other);
  EXPECT_TRUE(other.has_drain());
}

}  // namespace
}  // namespace wsfleet::wire
