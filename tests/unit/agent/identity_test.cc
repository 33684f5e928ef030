#include "agent/identity.h"

#include <filesystem>
#include <string>

#include "agent/credentials.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/agent/issued_certificate.h"

namespace wsfleet::agent {
namespace {

using ::testing::HasSubstr;
using testing::ReadWholeFile;
namespace fs = std::filesystem;

const AgentName kOwnName{FleetName("default"), RegionName("eu-west-1"), PoolName("edge"), "host-0"};
const absl::Time kFrom = absl::FromUnixSeconds(1'700'000'000);
const absl::Time kUntil = kFrom + absl::Hours(24);

template <typename T>
std::string Message(const T& result) {
  return std::string(ToStd(result.status().message()));
}

class IdentityTest : public ::testing::Test {
 protected:
  Identity Open() { return Identity::Open(path_).value(); }

  testing::TemporaryDirectory directory_;
  std::string path_ = (directory_.path() / "identity").string();
};

TEST_F(IdentityTest, MakesAKeyOfItsOwnOnceAndKeepsItToItself) {
  const std::string key = Open().key();
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(path_ + "/agent.key").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(Open().key(), key);
  EXPECT_FALSE(Open().certificate());
  const auto request = Open().Request();
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_THAT(*request, ::testing::StartsWith("-----BEGIN CERTIFICATE REQUEST-----"));
  EXPECT_EQ(EVP_PKEY_eq(KeyIn(*request).get(), KeyIn(key).get()), 1);
}

TEST_F(IdentityTest, KeepsItsCertificateAndWhomToBelieve) {
  Identity identity = Open();
  const std::string chain = IssuedCertificate(identity.key(), {AgentUri(kOwnName)}, kFrom, kUntil);
  ASSERT_TRUE(identity.Store(chain, "whom to believe").ok());
  // An authority that says nothing of itself leaves what there was.
  ASSERT_TRUE(identity.Store(chain, "").ok());
  const Identity again = Open();
  ASSERT_TRUE(again.certificate());
  EXPECT_EQ(again.certificate()->name, kOwnName);
  EXPECT_EQ(again.certificate()->from, kFrom);
  EXPECT_EQ(again.certificate()->until, kUntil);
  EXPECT_EQ(again.chain(), chain);
  EXPECT_EQ(again.trusted(), "whom to believe");
  const ChannelSecurity security = WithIdentity({}, again);
  EXPECT_EQ(security.certificate, chain);
  EXPECT_EQ(security.key, again.key());
  EXPECT_EQ(security.authority, "whom to believe");
}

TEST_F(IdentityTest, TakesNoCertificateThatIsNotItsOwn) {
  Identity identity = Open();
  const std::string own = IssuedCertificate(identity.key(), {AgentUri(kOwnName)}, kFrom, kUntil);
  ASSERT_TRUE(identity.Store(own, "").ok());
  const Identity other = Identity::Open((directory_.path() / "other").string()).value();
  AgentName pool = kOwnName;
  pool.instance.clear();
  for (const std::string& chain :
       {std::string("nothing"), IssuedCertificate(other.key(), {AgentUri(kOwnName)}, kFrom, kUntil),
        IssuedCertificate(identity.key(), {}, kFrom, kUntil),
        IssuedCertificate(identity.key(), {AgentUri(pool)}, kFrom, kUntil),
        IssuedCertificate(identity.key(), {AgentUri(kOwnName), AgentUri(pool)}, kFrom, kUntil),
        IssuedCertificate(identity.key(), {"spiffe://wsfleet/fleet/f"}, kFrom, kUntil)}) {
    EXPECT_TRUE(absl::IsInvalidArgument(identity.Store(chain, ""))) << chain;
  }
  EXPECT_EQ(identity.chain(), own);
  EXPECT_EQ(ReadWholeFile(path_ + "/agent.pem"), own);
}

TEST_F(IdentityTest, ClosesAKeyThatWasOpenedToOthers) {
  const std::string key = Open().key();
  fs::permissions(path_ + "/agent.key", fs::perms::group_read | fs::perms::group_write, fs::perm_options::add);
  EXPECT_EQ(Open().key(), key);
  EXPECT_EQ(fs::status(path_ + "/agent.key").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(IdentityTest, RefusesFilesThatAreBroken) {
  directory_.Write("broken/agent.key", "no key");
  fs::permissions(directory_.path() / "broken/agent.key", fs::perms::owner_read);
  EXPECT_THAT(Message(Identity::Open((directory_.path() / "broken").string())), HasSubstr("expected a private key"));
  directory_.Write("file", "");
  EXPECT_THAT(Message(Identity::Open((directory_.path() / "file").string())), HasSubstr("expected a directory"));
}

class Certified : public IdentityTest {
 protected:
  absl::StatusOr<AgentId> IdOf(const std::vector<std::string>& uris, const std::string& id,
                               const std::string& region = "eu-west-1", const std::string& fleet = "default") {
    return AgentIdFor(IssuedCertificate(Open().key(), uris, kFrom, kUntil), FleetName(fleet), RegionName(region), id);
  }
};

TEST_F(Certified, AgentIsCalledByItsPoolAndInstance) {
  AgentName pool = kOwnName;
  pool.instance.clear();
  EXPECT_EQ(*IdOf({AgentUri(kOwnName)}, "host-0"), AgentId("edge.host-0"));
  EXPECT_EQ(*IdOf({AgentUri(kOwnName)}, "edge.host-0"), AgentId("edge.host-0"));
  EXPECT_EQ(*IdOf({AgentUri(pool)}, "host-7"), AgentId("edge.host-7"));
  EXPECT_EQ(*IdOf({"spiffe://cluster.local/ns/default"}, "host-0"), AgentId("host-0"));
  EXPECT_EQ(*IdOf({}, "host-0"), AgentId("host-0"));
}

TEST_F(Certified, AgentOfAHostThatIsCalledAsItsPoolWithADomainKeepsThatName) {
  AgentName name = kOwnName;
  name.instance = "edge.example.com";
  EXPECT_EQ(*IdOf({AgentUri(name)}, "edge.example.com"), AgentId("edge.edge.example.com"));
  EXPECT_EQ(*IdOf({AgentUri(name)}, "edge.edge.example.com"), AgentId("edge.edge.example.com"));
}

TEST_F(Certified, AgentThatWasStartedAsAnotherIsToldSo) {
  EXPECT_THAT(Message(IdOf({AgentUri(kOwnName)}, "host-1")), HasSubstr("is for --id host-0"));
  EXPECT_THAT(Message(IdOf({AgentUri(kOwnName)}, "host-0", "us-east-1")), HasSubstr("is for --region eu-west-1"));
  EXPECT_THAT(Message(IdOf({AgentUri(kOwnName)}, "host-0", "eu-west-1", "blue")), HasSubstr("is for --fleet default"));
  EXPECT_THAT(Message(AgentIdFor("nothing", FleetName("f"), RegionName("r"), "i")),
              HasSubstr("expected a certificate"));
}

}  // namespace
}  // namespace wsfleet::agent
