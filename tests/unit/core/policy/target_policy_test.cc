#include "core/policy/target_policy.h"

#include <string>

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kWhose[] = "the policy of fleet test";

absl::Status TargetStatus(const TargetPolicy& policy, std::string_view host, std::uint16_t port = 443) {
  const auto read = ReadTargetHost(host);
  return read.ok() ? CheckTarget(policy, kWhose, *read, port) : read.status();
}
absl::Status Resolved(const TargetPolicy& policy, std::string_view host, std::string_view address,
                      std::uint16_t port = 443) {
  return CheckAddress(policy, kWhose, *ReadTargetHost(host), port, *IpAddress::Parse(address));
}

TargetPolicy ListOf(std::vector<AllowedTarget> allowed) { return {false, std::move(allowed)}; }
AllowedTarget Inner(const std::string& host, const std::string& range) {
  return {host, {443}, {*AddressRange::Parse(range)}};
}

TEST(TargetPolicy, AllowsNothingBeforeSomebodySaysSo) {
  const absl::Status status = TargetStatus(TargetPolicy(), "chat.example.com");
  EXPECT_TRUE(absl::IsPermissionDenied(status));
  EXPECT_EQ(ToStd(status.message()),
            "target chat.example.com:443 is refused by the policy of fleet test: it allows no target yet");
  EXPECT_TRUE(absl::IsPermissionDenied(TargetStatus(TargetPolicy(), "8.8.8.8")));
  EXPECT_TRUE(absl::IsPermissionDenied(Resolved(TargetPolicy(), "chat.example.com", "8.8.8.8")));
}

TEST(TargetPolicy, AllowsNamesAndPortsOfItsEntries) {
  const TargetPolicy policy = ListOf({{"chat.example.com"}, {"*.lab.example.com", {9000}, {}}});
  EXPECT_TRUE(TargetStatus(policy, "CHAT.example.com").ok());
  EXPECT_TRUE(TargetStatus(policy, "chat.example.com", 80).ok());
  EXPECT_TRUE(TargetStatus(policy, "a.b.lab.example.com", 9000).ok());
  EXPECT_THAT(std::string(ToStd(TargetStatus(policy, "chat.example.com", 9000).message())),
              HasSubstr("its entry chat.example.com is for port 80, 443"));
  for (const char* host : {"lab.example.com", "xlab.example.com", "example.com", "achat.example.com",
                           "chat.example.com.evil.net", "8.8.8.8"}) {
    EXPECT_THAT(std::string(ToStd(TargetStatus(policy, host, 9000).message())),
                HasSubstr("none of its 2 entries names it"))
        << host;
  }
}

TEST(TargetPolicy, RefusesSpecialAddressesUnlessTheEntryHasARangeForThem) {
  const TargetPolicy policy = ListOf({{"out.example.com"}, Inner("in.example.com", "10.1.0.0/16")});
  EXPECT_TRUE(Resolved(policy, "out.example.com", "8.8.8.8").ok());
  EXPECT_TRUE(Resolved(policy, "in.example.com", "8.8.8.8").ok());
  EXPECT_TRUE(Resolved(policy, "in.example.com", "10.1.2.3").ok());
  EXPECT_TRUE(Resolved(policy, "in.example.com", "::ffff:10.1.2.3").ok());
  EXPECT_TRUE(Resolved(policy, "in.example.com", "64:ff9b::10.1.2.3").ok());
  // The tunnel itself is special too.
  EXPECT_FALSE(Resolved(policy, "in.example.com", "2002:a01:203::").ok());
  const absl::Status private_one = Resolved(policy, "out.example.com", "10.1.2.3");
  EXPECT_TRUE(absl::IsPermissionDenied(private_one));
  EXPECT_THAT(std::string(ToStd(private_one.message())),
              AllOf(HasSubstr("resolves to 10.1.2.3, which is a private address"), HasSubstr("special_addresses")));
  EXPECT_THAT(std::string(ToStd(Resolved(policy, "out.example.com", "64:ff9b::127.0.0.1").message())),
              HasSubstr("leads to 127.0.0.1, which is a loopback address"));
  EXPECT_FALSE(Resolved(policy, "in.example.com", "10.2.0.1").ok());
  EXPECT_FALSE(Resolved(policy, "in.example.com", "10.1.2.3", 80).ok());
}

TEST(TargetPolicy, AllowsTheAddressThatAnEntryIsFor) {
  const TargetPolicy policy = ListOf({{"10.0.0.7"}, {"2002:808:808::"}});
  EXPECT_TRUE(TargetStatus(policy, "10.0.0.7").ok());
  EXPECT_TRUE(TargetStatus(policy, "::ffff:a00:7").ok());
  EXPECT_TRUE(TargetStatus(policy, "2002:808:808::").ok());
  EXPECT_FALSE(TargetStatus(policy, "10.0.0.8").ok());
  EXPECT_FALSE(Resolved(policy, "name.example.com", "10.0.0.7").ok());
}

TEST(TargetPolicy, NeverLeadsToWhereACloudKeepsCredentials) {
  const TargetPolicy policy = ListOf(
      {Inner("169.254.169.254", "0.0.0.0/0"), Inner("meta.example.com", "::/0"), Inner("fd00:ec2::254", "::/0")});
  for (const TargetPolicy& any : {policy, AnyTarget()}) {
    for (const char* host : {"169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "2002:a9fe:a9fe::"}) {
      EXPECT_THAT(std::string(ToStd(TargetStatus(any, host).message())), HasSubstr("credentials")) << host;
    }
    const absl::Status status = Resolved(any, "meta.example.com", "64:ff9b::169.254.169.254");
    EXPECT_TRUE(absl::IsPermissionDenied(status));
    EXPECT_THAT(std::string(ToStd(status.message())), HasSubstr("169.254.169.254"));
  }
}

TEST(TargetPolicy, OfAMachinesOwnFleetAllowsWhatItsOwnerReaches) {
  for (const char* address : {"127.0.0.1", "::1", "10.0.0.1", "8.8.8.8", "2002:7f00:1::"}) {
    EXPECT_TRUE(TargetStatus(AnyTarget(), address).ok()) << address;
    EXPECT_TRUE(Resolved(AnyTarget(), "localhost", address, 8080).ok()) << address;
  }
}

}  // namespace
}  // namespace wsfleet
