#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

// The afternoon of docs/explanation/why.md: a real FastAPI application whose handler reads an attribute that does not
// exist before it accepts, and the revision that repairs it.
namespace wsfleet::testing {
namespace {

Command FastApi(bool broken) {
  Command command;
  command.arguments = {"/usr/bin/python3", std::string(WSFLEET_SOURCE_DIR) + "/tests/targets/fastapi/serve.py",
                       "--port-file",      "{port-file}",
                       "--server-log",     "{access-log}"};
  command.environment = {{"WSFLEET_TARGET_DEFECT", broken ? "query_params" : ""}, {"JWT_KEY", kDemoKey}};
  return command;
}

class FastApiTarget : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* region : {"eu-west-1", "us-east-1", "ap-south-1"}) {
      fleet_.StartAgent(std::string(region) + "-a", region);
    }
  }

  Finished RunSuite(const TargetServer& target) {
    return fleet_.Run({"run", std::string(WSFLEET_SOURCE_DIR) + "/docs/examples/chat.wsfleet.yaml", "--var",
                       "target=" + target.ws_url(), "--secret", "JWT_KEY=env:JWT_KEY", "--report", "json=run.json",
                       "--report", "junit=run.xml", "--report", "md=run.md"},
                      absl::Seconds(120));
  }

  boost::json::value Record() const {
    return boost::json::parse(ReadWholeFile(fleet_.directory().path() / "run.json"));
  }

  RealFleet fleet_{{.coordinator_flags = {"--evidence-file", std::filesystem::temp_directory_path().string()}}};
};

TEST_F(FastApiTarget, IsFoundBrokenFromThreeRegionsWithTheRealAnswerAsEvidence) {
  TargetServer target(FastApi(true));
  const Finished run = RunSuite(target);
  ASSERT_EQ(run.exit_code, 1) << run.out << run.err;

  std::map<std::string, std::set<std::string>> regions_of_class;
  int healthy = 0;
  const boost::json::value record = Record();
  for (const auto& shard : record.at("shards").as_array()) {
    const std::string region(shard.at("region").as_string());
    for (const auto& result : shard.at("cases").as_array()) {
      const std::string scenario(result.at("scenario").as_string());
      const std::string outcome(result.at("outcome").as_string());
      if (scenario == "health") {
        EXPECT_EQ(outcome, "passed") << region;
        ++healthy;
        continue;
      }
      ASSERT_EQ(outcome, "failed") << scenario << " in " << region;
      const auto& failure = result.at("failure");
      EXPECT_EQ(failure.at("phase").as_string(), "upgrade") << scenario;
      EXPECT_EQ(failure.at("class").as_string(), "upgrade-refused-5xx") << scenario;
      EXPECT_EQ(failure.at("evidence").at("status").to_number<int>(), 500);
      EXPECT_NE(failure.at("evidence").at("body_excerpt").as_string().find("Internal Server Error"),
                boost::json::string::npos);
      regions_of_class[scenario].insert(region);
    }
  }
  EXPECT_EQ(healthy, 3);
  EXPECT_GE(regions_of_class.size(), 4u);
  for (const auto& [scenario, regions] : regions_of_class) EXPECT_EQ(regions.size(), 3u) << scenario;
  for (const auto& failure : record.at("summary").at("failures").as_array()) {
    EXPECT_EQ(failure.at("attribution").as_string(), "target");
  }
  EXPECT_NE(run.out.find("upgrade-refused-5xx"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("VERDICT failed (exit 1)"), std::string::npos) << run.out;
}

// S13: from the verdict to the deepest observable cause, which only the server's own log knows.
TEST_F(FastApiTarget, ShowsTheLineOfTheServersOwnLogThatNamesTheCause) {
  TargetServer target(FastApi(true));
  const std::string suite = (fleet_.directory().path() / "logged.wsfleet.yaml").string();
  std::ofstream(suite) << fmt::format(
      "version: wsfleet/v1\nname: logged\ntarget: {}\nevidence: {{logs: [{{file: {}}}]}}\nauth:\n"
      "  user: {{jwt: {{alg: HS256, key: \"${{secret.JWT_KEY}}\", ttl: 5m}}, in: query, param: token}}\n"
      "scenarios: [{{name: one, steps: [{{connect: {{path: /ws, auth: user}}}}, {{ping: {{}}}}]}}]\n",
      target.ws_url(), target.access_log_path());
  const Finished run = fleet_.Run({"run", suite, "--secret", "JWT_KEY=env:JWT_KEY", "--report", "json=run.json"});
  ASSERT_EQ(run.exit_code, 1) << run.out << run.err;
  int shown = 0;
  const boost::json::value record = Record();
  for (const auto& shard : record.at("shards").as_array()) {
    const auto& logs = shard.at("cases").at(0).at("failure").at("evidence").at("logs").as_array();
    ASSERT_EQ(logs.size(), 1u);
    const auto& lines = logs[0].at("lines").as_array();
    ASSERT_FALSE(lines.empty()) << logs[0].at("problem").as_string();
    EXPECT_FALSE(logs[0].at("same_request").as_bool()) << "uvicorn does not log trace ids";
    EXPECT_EQ(lines.back().as_string(), "AttributeError: 'URL' object has no attribute 'query_params'");
    for (const auto& line : lines) {
      EXPECT_EQ(line.as_string().find("eyJ"), boost::json::string::npos) << "a token: " << line.as_string();
    }
    ++shown;
  }
  EXPECT_EQ(shown, 3);
  EXPECT_NE(run.out.find("AttributeError: 'URL' object has no attribute 'query_params'"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("(same time)"), std::string::npos) << run.out;
}

TEST_F(FastApiTarget, PassesFromThreeRegionsWhenTheFixedRevisionRuns) {
  TargetServer target(FastApi(false));
  const Finished run = RunSuite(target);
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  const boost::json::value record = Record();
  for (const auto& shard : record.at("shards").as_array()) {
    for (const auto& result : shard.at("cases").as_array()) {
      EXPECT_EQ(result.at("outcome").as_string(), "passed") << result.at("scenario").as_string();
      EXPECT_GT(result.at("proof").at("bytes_in").to_number<std::uint64_t>(), 0u);
    }
  }
  const std::string worklog = ReadWholeFile(fleet_.directory().path() / "run.md");
  EXPECT_NE(worklog.find("passed"), std::string::npos) << worklog;
}

}  // namespace
}  // namespace wsfleet::testing
