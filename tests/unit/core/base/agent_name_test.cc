#include "core/base/agent_name.h"

#include <string>

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

AgentName Named(const std::string& instance) {
  return {FleetName("default"), RegionName("eu-west-1"), PoolName("edge"), instance};
}

TEST(AgentName, IsReadFromTheUriThatItIsWrittenAs) {
  EXPECT_EQ(AgentUri(Named("host-0.example")),
            "spiffe://wsfleet/fleet/default/region/eu-west-1/pool/edge/instance/host-0.example");
  for (const std::string instance : {"host-0.example", ""}) {
    const auto read = ParseAgentUri(AgentUri(Named(instance)));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, Named(instance));
  }
}

TEST(AgentName, OfAPoolAndAnInstanceIsOneId) {
  EXPECT_EQ(AgentIdOf(PoolName("edge"), "host-0.example"), AgentId("edge.host-0.example"));
  // Otherwise "a.b" + "c" would be "a" + "b.c".
  EXPECT_FALSE(IsPoolName("a.b"));
  EXPECT_TRUE(IsInstanceOf(PoolName("edge"), "host-0.example"));
  EXPECT_FALSE(IsInstanceOf(PoolName("edge"), std::string(124, 'h')));
  EXPECT_FALSE(IsInstanceOf(PoolName("edge"), "a/b"));
  EXPECT_FALSE(IsInstanceOf(PoolName("edge"), ".."));
}

TEST(AgentName, RefusesEveryOtherUri) {
  const std::string whole = AgentUri(Named("i"));
  for (const std::string& uri :
       {std::string(), std::string("spiffe://wsfleet/"), std::string("https://wsfleet/fleet/f/region/r/pool/p"),
        std::string("spiffe://other/fleet/f/region/r/pool/p"), std::string("spiffe://wsfleet/region/r/fleet/f/pool/p"),
        std::string("spiffe://wsfleet/fleet/f/region/../pool/p"),
        std::string("spiffe://wsfleet/fleet//region/r/pool/p"),
        std::string("spiffe://wsfleet/fleet/f/region/r/pool/p.q"), std::string("spiffe://wsfleet/fleet/f/region/r"),
        std::string("spiffe://wsfleet/fleet/f%2Fg/region/r/pool/p"), whole + "/", whole + "/more/x",
        std::string("spiffe://wsfleet/fleet/f/region/r/pool/p/instance/"), whole + std::string(200, 'i')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseAgentUri(uri).status())) << uri;
  }
}

}  // namespace
}  // namespace wsfleet
