#include "core/access/grants.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

const FleetName kBlue("blue"), kRed("red");

TEST(Grants, CountTheHighestRoleOfAFleet) {
  Grants grants(kBlue, Role::kRunner);
  grants.Add(kBlue, Role::kViewer);
  EXPECT_EQ(grants.In(kBlue), Role::kRunner);
  grants.Add(kBlue, Role::kAdmin);
  EXPECT_EQ(grants.In(kBlue), Role::kAdmin);
  EXPECT_EQ(grants.In(kRed), std::nullopt);
  EXPECT_EQ(grants.InEvery(), std::nullopt);
}

TEST(Grants, OfEveryFleetAreThoseOfEachOneToo) {
  Grants grants(std::nullopt, Role::kRunner);
  grants.Add(kBlue, Role::kAdmin);
  grants.Add(kRed, Role::kViewer);
  EXPECT_EQ(grants.In(kBlue), Role::kAdmin);
  EXPECT_EQ(grants.In(kRed), Role::kRunner);
  EXPECT_EQ(grants.In(FleetName("other")), Role::kRunner);
  EXPECT_EQ(grants.Highest(), Role::kAdmin);
}

TEST(Grants, AreNoneAtFirst) {
  EXPECT_TRUE(Grants().empty());
  EXPECT_EQ(Grants().Highest(), std::nullopt);
  EXPECT_EQ(Grants().In(kBlue), std::nullopt);
}

TEST(Grants, AreShownShortened) {
  Grants grants;
  EXPECT_EQ(grants.Text(), "no role");
  for (int i = 0; i < 7; ++i) grants.Add(FleetName("f" + std::to_string(i)), Role::kViewer);
  EXPECT_EQ(grants.Text(),
            "viewer in fleet \"f0\", viewer in fleet \"f1\", viewer in fleet \"f2\", viewer in fleet \"f3\", viewer in "
            "fleet \"f4\" and 2 more");
  EXPECT_EQ(Grants(std::nullopt, Role::kAdmin).Text(), "admin in every fleet");
}

}  // namespace
}  // namespace wsfleet
