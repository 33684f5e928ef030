#include "core/job/term.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::HasSubstr;

AgentRecord Agent() {
  AgentRecord agent;
  agent.id = AgentId("box-1");
  agent.region = RegionName("us-east-1");
  agent.labels = {{"arch", "arm64"}, {"disk", "ssd"}};
  return agent;
}

bool Matches(const std::string& text) { return Term::Parse(text).value().Matches(Agent()); }

TEST(Term, MatchesARegionByNameOrByGlob) {
  EXPECT_TRUE(Matches("us-east-1"));
  EXPECT_TRUE(Matches("us-*"));
  EXPECT_TRUE(Matches("*"));
  EXPECT_FALSE(Matches("us-east"));
  EXPECT_FALSE(Matches("eu-*"));
}

TEST(Term, MatchesAnAgentByItsId) {
  EXPECT_TRUE(Matches("box-1"));
  EXPECT_FALSE(Matches("box-2"));
}

TEST(Term, WantsEachLabelValueOfThePlace) {
  EXPECT_TRUE(Matches("us-*+arm64"));
  EXPECT_TRUE(Matches("us-*+ssd+arm64"));
  EXPECT_FALSE(Matches("us-*+amd64"));
  EXPECT_FALSE(Matches("us-*+arm64+hdd"));
}

TEST(Term, RefusesWhatIsNoTermAndSaysWhy) {
  EXPECT_THAT(Term::Parse("@last").status().message(), HasSubstr("not in this version"));
  EXPECT_THAT(Term::Parse("").status().message(), HasSubstr("empty"));
  EXPECT_THAT(Term::Parse("eu-1++arm").status().message(), HasSubstr("empty"));
  EXPECT_THAT(Term::Parse("eu 1").status().message(), HasSubstr("expected a region"));
  EXPECT_THAT(Term::Parse("eu-1+a*").status().message(), HasSubstr("expected a region"));
  EXPECT_THAT(Term::Parse(std::string(300, 'a')).status().message(), HasSubstr("at most 256 bytes"));
}

TEST(Term, OfARegionMatchesThatRegion) { EXPECT_TRUE(Term::OfRegion(RegionName("us-east-1")).Matches(Agent())); }

}  // namespace
}  // namespace wsfleet
