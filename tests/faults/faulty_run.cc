#include "tests/faults/faulty_run.h"

#include <set>
#include <sstream>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "fmt/format.h"
#include "gtest/gtest.h"

namespace wsfleet::testing {
namespace {

std::string SuiteOf(std::size_t cases) {
  std::string rounds;
  for (std::size_t i = 1; i <= cases; ++i) rounds += fmt::format("{}{}", i == 1 ? "" : ", ", i);
  return fmt::format(R"(version: wsfleet/v1
name: slow
target: "${{target}}"
vars: {{target: "ws://127.0.0.1:1"}}
scenarios:
  - name: echo
    matrix: {{round: [{}]}}
    steps:
      - http: {{get: "/health?${{region}}-${{round}}"}}
      - wait: 250ms
      - http: {{get: /health, expect: {{status: 200}}}}
)",
                     rounds);
}

}  // namespace

FaultyRun::FaultyRun(RealFleet& fleet, std::size_t cases) : fleet_(fleet), cases_(cases), target_(DemoTarget()) {}

void FaultyRun::Start(const std::vector<std::string>& further) {
  std::vector<std::string> arguments = {"run",      fleet_.directory().Write("slow.wsfleet.yaml", SuiteOf(cases_)),
                                        "--var",    "target=" + target_.ws_url(),
                                        "--report", "json=run.json"};
  arguments.insert(arguments.end(), further.begin(), further.end());
  run_ = std::make_unique<ChildProcess>(fleet_.Client(arguments));
}

bool FaultyRun::AwaitBegun(std::size_t cases) {
  return WaitUntil([&] { return SeenByTarget().size() >= cases || !run_->running(); }) &&
         SeenByTarget().size() >= cases;
}

std::map<std::string, int> FaultyRun::SeenByTarget() const {
  std::map<std::string, int> seen;
  std::istringstream lines(target_.access_log());
  // The last line may be half written.
  for (std::string line; std::getline(lines, line) && !lines.eof();) {
    const auto entry = boost::json::parse(line);
    const auto* target = entry.as_object().if_contains("target");
    if (target == nullptr || target->as_string() == "/health") continue;
    ++seen[std::string(target->as_string())];
  }
  return seen;
}

void FaultyRun::ExpectEachCaseOnce(std::size_t shards) const {
  const auto record = boost::json::parse(ReadWholeFile(fleet_.directory().path() / "run.json"));
  ASSERT_EQ(record.at("shards").as_array().size(), shards);
  for (const auto& shard : record.at("shards").as_array()) {
    std::map<std::string, int> results;
    for (const auto& result : shard.at("cases").as_array()) {
      ++results[std::string(result.at("case_id").as_string())];
      EXPECT_EQ(result.at("outcome").as_string(), "passed");
    }
    EXPECT_EQ(results.size(), cases_);
    for (const auto& [id, times] : results) EXPECT_EQ(times, 1) << id;
  }
  EXPECT_EQ(SeenByTarget().size(), shards * cases_);
}

}  // namespace wsfleet::testing
