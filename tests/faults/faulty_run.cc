#include "tests/faults/faulty_run.h"

#include <regex>
#include <set>
#include <sstream>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "fmt/format.h"
#include "gtest/gtest.h"

namespace wsfleet::testing {
namespace {

constexpr char kHead[] = R"(version: wsfleet/v1
name: slow
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
scenarios:
  - name: echo
)";

std::string StepsOf(const FaultyRun::Shape& shape) {
  const std::string begin = "      - http: {get: \"/health?${region}-${round}&${agent}\"}\n";
  if (!shape.bulky) {
    return begin + fmt::format("      - wait: {}\n", shape.pause) +
           "      - http: {get: /health, expect: {status: 200}}\n";
  }
  // The evidence holds the last 64 frames, each cut at 512 bytes.
  return begin + "      - connect: {path: /ws}\n" +
         fmt::format("      - repeat: {{times: 40, steps: [{{send: {{text: {}}}}}]}}\n", std::string(500, 'x')) +
         fmt::format("      - expect: {{match: {{$.type: never}}, within: {}}}\n", shape.pause);
}

std::string SuiteOf(const FaultyRun::Shape& shape) {
  std::string rounds;
  for (std::size_t i = 1; i <= shape.cases; ++i) rounds += fmt::format("{}{}", i == 1 ? "" : ", ", i);
  const std::string comment = shape.large ? "# " + std::string(10'000, '.') + "\n" : "";
  return comment + kHead + fmt::format("    matrix: {{round: [{}]}}\n    steps:\n", rounds) + StepsOf(shape);
}

}  // namespace

FaultyRun::FaultyRun(RealFleet& fleet, Shape shape)
    : fleet_(fleet), shape_(std::move(shape)), target_(TargetOf(fleet, shape_)) {}

TargetServer FaultyRun::TargetOf(const RealFleet& fleet, const Shape& shape) {
  Command command = DemoTarget({"accept-any-token"});
  if (shape.target_behind.empty())
    return TargetServer(fleet.BesideCoordinators(std::move(command)), fleet.agent_host());
  command.arguments.insert(command.arguments.begin(), shape.target_behind.begin(), shape.target_behind.end());
  return TargetServer(std::move(command));
}

void FaultyRun::Start(const std::vector<std::string>& further) {
  std::vector<std::string> arguments = {"run",      fleet_.directory().Write("slow.wsfleet.yaml", SuiteOf(shape_)),
                                        "--var",    "target=" + target_.ws_url(),
                                        "--report", "json=run.json"};
  arguments.insert(arguments.end(), further.begin(), further.end());
  run_ = std::make_unique<ChildProcess>(fleet_.Client(arguments));
}

bool FaultyRun::AwaitBegun(std::size_t cases) {
  return WaitUntil([&] { return SeenByTarget().size() >= cases || !run_->running(); }) &&
         SeenByTarget().size() >= cases;
}

bool FaultyRun::AwaitOutput(const std::string& text) const {
  return WaitUntil([&] { return output().find(text) != std::string::npos; });
}

std::string FaultyRun::id() const {
  static const std::regex kPattern("r-[0-9A-Z]{10}");
  std::smatch found;
  const std::string text = output();
  return std::regex_search(text, found, kPattern) ? found[0].str() : std::string();
}

std::map<std::string, int> FaultyRun::SeenByTarget(const std::string& agent) const {
  std::map<std::string, int> seen;
  std::istringstream lines(target_.access_log());
  // The last line may be half written.
  for (std::string line; std::getline(lines, line) && !lines.eof();) {
    const auto entry = boost::json::parse(line);
    const auto* target = entry.as_object().if_contains("target");
    if (target == nullptr) continue;
    const std::string text(target->as_string());
    const std::size_t at = text.find('&');
    if (at == std::string::npos || (!agent.empty() && text.substr(at + 1) != agent)) continue;
    ++seen[text.substr(0, at)];
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
      EXPECT_EQ(result.at("outcome").as_string(), shape_.bulky ? "failed" : "passed");
    }
    EXPECT_EQ(results.size(), shape_.cases);
    for (const auto& [id, times] : results) EXPECT_EQ(times, 1) << id;
  }
  EXPECT_EQ(SeenByTarget().size(), shards * shape_.cases);
}

RealFleet::Settings TwoReplicasOn(const std::string& url) {
  RealFleet::Settings settings;
  settings.postgres_url = url;
  settings.replicas = 2;
  // A takeover may last ten seconds.
  settings.lease_time = "20s";
  return settings;
}

std::size_t CountOf(const std::string& what, const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

bool AwaitLog(const ChildProcess& process, const std::string& text, absl::Duration limit) {
  return WaitUntil([&] { return process.err().find(text) != std::string::npos; }, limit);
}

}  // namespace wsfleet::testing
