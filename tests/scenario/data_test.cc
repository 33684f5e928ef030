#include <string>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

// Rows of `data`, from a file of the author's to what a target sees.
namespace wsfleet::testing {
namespace {

constexpr char kRowsSuite[] = R"(version: wsfleet/v1
name: rows
target: {}
data: {{file: users.csv}}
scenarios:
  - name: everybody
    concurrent: {}
    steps:
      - http: {{get: "/health?user=${{data.user}}", expect: {{status: 200}}}}
)";

class DataScenario : public ::testing::Test {
 protected:
  DataScenario() {
    fleet_.StartAgent("eu-1", "eu-west-1");
    fleet_.StartAgent("us-1", "us-east-1");
    fleet_.directory().Write("users.csv", "user,name\nada,\"Lovelace, Ada\"\nbob,B\ncid,C\ndan,D\n");
  }
  Finished RunWith(int concurrent) {
    return fleet_.Run(
        {"run", fleet_.directory().Write("rows.wsfleet.yaml", fmt::format(kRowsSuite, target_.ws_url(), concurrent)),
         "--from", "eu-west-1", "--from", "us-east-1"});
  }

  TargetServer target_{DemoTarget()};
  RealFleet fleet_;
};

TEST_F(DataScenario, GivesEachRowToOneSessionOfTheWholeFleet) {
  const Finished run = RunWith(2);
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  const std::string log = target_.access_log();
  for (const std::string user : {"ada", "bob", "cid", "dan"}) {
    const std::size_t first = log.find("user=" + user);
    ASSERT_NE(first, std::string::npos) << user << log;
    EXPECT_EQ(log.find("user=" + user, first + 1), std::string::npos) << log;
  }
}

TEST_F(DataScenario, IsInconclusiveWhereThereAreMoreSessionsThanRows) {
  const Finished run = RunWith(3);
  EXPECT_EQ(run.exit_code, 3) << run.out << run.err;
  EXPECT_NE(run.out.find("users.csv has no row left"), std::string::npos) << run.out;
}

}  // namespace
}  // namespace wsfleet::testing
