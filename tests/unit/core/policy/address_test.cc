#include "core/policy/address.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::HasSubstr;

IpAddress Address(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(IpAddress());
}

// What it is taken for: that of its first special part.
AddressKind KindOf(std::string_view text) {
  const std::vector<SpecialPart> parts = SpecialParts(Address(text));
  return parts.empty() ? AddressKind::kGlobal : parts.front().kind;
}

TEST(Address, IsReadAndWrittenInOneSpelling) {
  for (const auto& [text, canonical] : std::vector<std::pair<std::string, std::string>>{
           {"192.0.2.1", "192.0.2.1"},
           {"::ffff:192.0.2.1", "192.0.2.1"},
           {"::FFFF:c000:201", "192.0.2.1"},
           {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
           {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
           {"::", "::"},
           {"::1", "::1"},
           {"1::", "1::"},
           {"fe80::1%eth0", "fe80::1"},
           {"64:ff9b::10.0.0.1", "64:ff9b::a00:1"},
           {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
       }) {
    EXPECT_EQ(Address(text).text(), canonical) << text;
    EXPECT_EQ(Address(canonical), Address(text)) << text;
  }
}

TEST(Address, IsNothingThatIsReadInSeveralWays) {
  for (const char* text : {"",
                           "1.2.3",
                           "1.2.3.4.5",
                           "0177.0.0.1",
                           "127.1",
                           "0x7f.0.0.1",
                           "256.0.0.1",
                           "1.2.3.4 ",
                           "1..2.3",
                           "2130706433",
                           ":",
                           ":::",
                           "1::2::3",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "12345::",
                           "g::",
                           "::1.2.3",
                           "1.2.3.4::",
                           "::01.2.3.4",
                           "1:2:3:4:5:6:7:8::",
                           "example.com",
                           "1:",
                           "-1.2.3.4"}) {
    EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
  }
}

TEST(Address, IsJudgedByTheRegistriesOfIana) {
  for (const auto& [text, kind] : std::vector<std::pair<std::string, AddressKind>>{
           {"8.8.8.8", AddressKind::kGlobal},
           {"2606:4700::1111", AddressKind::kGlobal},
           {"0.0.0.0", AddressKind::kUnspecified},
           {"0.1.2.3", AddressKind::kUnspecified},
           {"9.255.255.255", AddressKind::kGlobal},
           {"10.0.0.0", AddressKind::kPrivate},
           {"10.255.255.255", AddressKind::kPrivate},
           {"11.0.0.0", AddressKind::kGlobal},
           {"100.63.255.255", AddressKind::kGlobal},
           {"100.64.0.1", AddressKind::kShared},
           {"100.127.255.255", AddressKind::kShared},
           {"100.128.0.0", AddressKind::kGlobal},
           {"127.0.0.1", AddressKind::kLoopback},
           {"127.255.255.255", AddressKind::kLoopback},
           {"169.254.1.1", AddressKind::kLinkLocal},
           {"172.15.255.255", AddressKind::kGlobal},
           {"172.16.0.0", AddressKind::kPrivate},
           {"172.31.255.255", AddressKind::kPrivate},
           {"172.32.0.0", AddressKind::kGlobal},
           {"192.0.0.1", AddressKind::kReserved},
           {"192.0.2.1", AddressKind::kDocumentation},
           {"192.168.0.1", AddressKind::kPrivate},
           {"198.18.0.1", AddressKind::kReserved},
           {"198.19.255.255", AddressKind::kReserved},
           {"198.51.100.1", AddressKind::kDocumentation},
           {"203.0.113.1", AddressKind::kDocumentation},
           {"223.255.255.255", AddressKind::kGlobal},
           {"224.0.0.1", AddressKind::kMulticast},
           {"240.0.0.1", AddressKind::kReserved},
           {"255.255.255.255", AddressKind::kReserved},
           {"::", AddressKind::kUnspecified},
           {"::1", AddressKind::kLoopback},
           {"fc00::1", AddressKind::kPrivate},
           {"fdff::1", AddressKind::kPrivate},
           {"fe80::1", AddressKind::kLinkLocal},
           {"febf::1", AddressKind::kLinkLocal},
           {"fec0::1", AddressKind::kPrivate},
           {"ff02::1", AddressKind::kMulticast},
           {"2001:db8::1", AddressKind::kDocumentation},
           {"3fff::1", AddressKind::kDocumentation},
           {"100::1", AddressKind::kReserved},
           {"4000::1", AddressKind::kReserved},
           {"2001:2::1", AddressKind::kReserved},
           {"5f00::1", AddressKind::kReserved},
       }) {
    EXPECT_EQ(KindOf(text), kind) << text;
  }
}

TEST(Address, IsSeenThroughWhereAnotherIsWrittenIntoIt) {
  for (const auto& [text, kind] : std::vector<std::pair<std::string, AddressKind>>{
           {"::ffff:127.0.0.1", AddressKind::kLoopback},              // IPv4-mapped
           {"::127.0.0.1", AddressKind::kLoopback},                   // IPv4-compatible
           {"::8.8.8.8", AddressKind::kReserved},                     //  … which nobody uses any more
           {"::ffff:0:127.0.0.1", AddressKind::kLoopback},            // IPv4-translated
           {"64:ff9b::10.0.0.1", AddressKind::kPrivate},              // NAT64
           {"64:ff9b::8.8.8.8", AddressKind::kGlobal},                //  … is how an IPv6 network reaches the internet
           {"64:ff9b:1::10.0.0.1", AddressKind::kPrivate},            // local NAT64, prefix of 96 bits
           {"64:ff9b:1:a00:0:100::", AddressKind::kPrivate},          //  … of 48
           {"64:ff9b:1::8.8.8.8", AddressKind::kTunnel},              //  … is a network of somebody's own
           {"2002:7f00:1::", AddressKind::kLoopback},                 // 6to4
           {"2002:808:808::", AddressKind::kTunnel},                  //
           {"2001:0:808:808:0:0:80ff:fffe", AddressKind::kLoopback},  // Teredo, client 127.0.0.1
           {"2001:0:7f00:1:0:0:f7f7:f7f7", AddressKind::kLoopback},   //  … server 127.0.0.1
       }) {
    EXPECT_EQ(KindOf(text), kind) << text;
  }
}

TEST(Address, ThatLeadsToACloudsCredentialsIsKnownInEverySpelling) {
  for (const char* text : {"169.254.169.254",
                           "::ffff:169.254.169.254",
                           "::169.254.169.254",
                           "64:ff9b::169.254.169.254",
                           "64:ff9b:1::a9fe:a9fe",
                           "64:ff9b:1:a9fe:a9:fe00::",
                           "64:ff9b:1:a9:fe:a9fe::",
                           "64:ff9b:1:0:a9:fea9:fe00:0",
                           "2001:470:1:1:0:5efe:a9fe:a9fe",
                           "2001:470:1:1:200:5efe:a9fe:a9fe",
                           "2002:a9fe:a9fe::1",
                           "2001:0:808:808::5601:5601",
                           "::ffff:0:169.254.169.254",
                           "169.254.170.2",
                           "169.254.170.23",
                           "169.254.169.252",
                           "169.254.42.42",
                           "100.96.0.96",
                           "fd00:42::42",
                           "fd00:a9fe:a9fe::1",
                           "fd00:c1::a9fe:a9fe",
                           "100.100.100.200",
                           "192.0.0.192",
                           "168.63.129.16",
                           "169.254.0.23",
                           "fd00:ec2::254",
                           "fd00:ec2::23",
                           "fd20:ce::254",
                           "fe80::a9fe:a9fe",
                           "fe80::a9fe:a9fe%eth0"}) {
    EXPECT_EQ(KindOf(text), AddressKind::kMetadata) << text;
  }
}

TEST(AddressRange, HoldsWhatBeginsWithItsPrefix) {
  const auto contains = [](std::string_view range, std::string_view address) {
    return AddressRange::Parse(range)->Contains(Address(address));
  };
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(contains("10.1.2.4/31", "10.1.2.5"));
  EXPECT_FALSE(contains("10.1.2.4/31", "10.1.2.6"));
  EXPECT_TRUE(contains("10.0.0.7", "::ffff:10.0.0.7"));
  EXPECT_FALSE(contains("10.0.0.7", "10.0.0.8"));
  EXPECT_TRUE(contains("fd00::/8", "fd12::1"));
  EXPECT_TRUE(contains("0.0.0.0/0", "192.0.2.1"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(contains("::/0", "192.0.2.1"));
}

TEST(AddressRange, IsWrittenAsItIsRead) {
  for (const char* text : {"10.0.0.0/8", "10.0.0.7", "fd00::/8", "::1", "0.0.0.0/0", "::/0"}) {
    EXPECT_EQ(AddressRange::Parse(text)->text(), text);
  }
}

TEST(AddressRange, IsRefusedWhenItSaysSomethingElseThanItMeans) {
  EXPECT_THAT(std::string(AddressRange::Parse("10.1.2.3/8").status().message()), HasSubstr("expected 10.0.0.0/8"));
  for (const char* text :
       {"", "10/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "fd00::/129", "here", "fe80::%eth0/10"}) {
    EXPECT_FALSE(AddressRange::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace wsfleet
