#include <signal.h>

#include <string>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/faulty_run.h"
#include "tests/faults/store_kind.h"
#include "tests/support/postgres_server.h"

// Row 17 of the faults: what is larger than the protocol allows is refused before it is sent, and its stream lives.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kMiB = 1 << 20;

class Fault17 : public ::testing::Test {
 protected:
  Fault17() { fleet_.StartAgent("eu-1", "eu-west-1"); }

  Finished Run(const std::string& suite, const std::string& scenarios) {
    const std::string text = fmt::format("version: wsfleet/v1\nname: {}\ntarget: \"{}\"\nscenarios:\n{}", suite,
                                         target_.ws_url(), scenarios);
    return fleet_.Run(
        {"run", fleet_.directory().Write(suite + "/suite.wsfleet.yaml", text), "--report", "json=run.json"});
  }

  void ExpectOneSession() {
    EXPECT_TRUE(fleet_.agent("eu-1").running());
    EXPECT_EQ(CountOf("session begins", fleet_.agent("eu-1").err()), 1U) << fleet_.agent("eu-1").err();
  }

  RealFleet fleet_;
  TargetServer target_{DemoTarget()};
};

TEST_F(Fault17, GiantEvidenceIsCutBeforeItIsSent) {
  // Names of an author are in each result, and of any length; fifty of them are one batch.
  const std::string giant(20'000, 'x');
  const Finished run = Run("giant", fmt::format(R"(  - name: one
    matrix: {{round: [{}]}}
    steps:
      - {{id: {}, connect: {{path: "/{}"}}}}
      - ping: {{}}
)",
                                                "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20",
                                                giant, std::string(4000, 'p')));
  EXPECT_EQ(run.exit_code, 1) << run.err;
  const boost::json::value record = boost::json::parse(ReadWholeFile(fleet_.directory().path() / "run.json"));
  const auto& cases = record.at("shards").at(0).at("cases").as_array();
  ASSERT_EQ(cases.size(), 20U);
  for (const auto& result : cases) {
    EXPECT_EQ(result.at("failure").at("class").as_string(), "auth");
    EXPECT_LE(result.at("failure").at("step").as_string().size(), 4096U);
  }
  ExpectOneSession();
}

TEST_F(Fault17, ACaseWhoseIdCannotBeSentIsRefusedBeforeItRuns) {
  std::string matrix;
  for (int i = 0; i < 60; ++i) matrix += fmt::format("{}key{}: [{}]", i == 0 ? "" : ", ", i, std::string(80, 'v'));
  const Finished run =
      Run("id", fmt::format("  - {{name: one, matrix: {{{}}}, steps: [connect: {{path: /}}, ping: {{}}]}}\n", matrix));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("case id: expected at most 4096 bytes"));
  ExpectOneSession();
}

TEST_F(Fault17, AGiantBundleIsRefusedBeforeItIsSentAndALargeOneArrives) {
  std::string steps;
  for (int i = 1; i <= 9; ++i) {
    fleet_.directory().Write(fmt::format("large/{}.bin", i), std::string(kMiB - 100'000, static_cast<char>('0' + i)));
    steps += fmt::format("{}send: {{file: {}.bin}}", i == 1 ? "" : ", ", i);
    if (i != 8 && i != 9) continue;
    const Finished run =
        Run("large",
            fmt::format("  - {{name: health, steps: [http: {{get: /health, expect: {{status: 200}}}}]}}\n"
                        "  - {{name: payloads, skip: \"only sent\", steps: [connect: {{path: /}}, {}, ping: {{}}]}}\n",
                        steps));
    EXPECT_EQ(run.exit_code, i == 8 ? 0 : 2) << run.out << run.err;
    if (i == 9) {
      EXPECT_THAT(run.err, HasSubstr("8 MiB"));
    }
  }
  EXPECT_EQ(CountOf("run submitted", fleet_.coordinator().err()), 1U);
  ExpectOneSession();
}

class LargeIds : public ::testing::TestWithParam<StoreKind> {};

// What is allowed is stored, whichever the store is.
TEST_P(LargeIds, OfAlmostFourKibibytesAndThoseThatDifferInNulAreRunAndStored) {
  RealFleet::Settings settings;
  if (GetParam() == StoreKind::kPostgres) settings.postgres_url = PostgresDatabase().url();
  RealFleet fleet(settings);
  fleet.StartAgent("eu-1", "eu-west-1");
  TargetServer target{DemoTarget()};
  std::string matrix;
  std::uint64_t noise = 17;
  for (int i = 0; i < 45; ++i) {
    matrix += fmt::format("{}key{}: [\"", i == 0 ? "" : ", ", i);
    for (int j = 0; j < 78; ++j) {
      noise = noise * 6364136223846793005U + 1442695040888963407U;
      matrix += static_cast<char>('a' + (noise >> 33) % 26);
    }
    matrix += "\"]";
  }
  const std::string steps = "steps: [http: {get: /health, expect: {status: 200}}]";
  const std::string text = fmt::format(
      "version: wsfleet/v1\nname: ids\ntarget: \"{0}\"\nscenarios:\n  - {{name: long, matrix: {{{1}}}, {2}}}\n"
      "  - {{name: nul, matrix: {{v: [\"a\\0b\", \"a\\uFFFDb\"]}}, {2}}}\n",
      target.ws_url(), matrix, steps);
  const Finished run =
      fleet.Run({"run", fleet.directory().Write("ids.wsfleet.yaml", text), "--report", "json=run.json"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err << fleet.coordinator().err();
  const boost::json::value record = boost::json::parse(ReadWholeFile(fleet.directory().path() / "run.json"));
  EXPECT_EQ(record.at("shards").at(0).at("cases").as_array().size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(Stores, LargeIds, kStores, NameOfParameter);

}  // namespace
}  // namespace wsfleet::testing
