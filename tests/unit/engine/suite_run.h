#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "agent/engine/engine.h"

namespace wsfleet::testing {

// One suite on one engine, as an agent would run it.
class SuiteRun {
 public:
  struct Options {
    std::map<std::string, std::string, std::less<>> vars = {};
    std::map<std::string, std::string, std::less<>> secrets = {};
    std::vector<std::string> secret_hosts = {};  // of all of them; empty: any
    std::map<std::string, std::string, std::less<>> labels = {};
    std::vector<CaseId> skip_cases = {};
    std::string name_servers = {};
    engine::TargetGuard guard = {};
    engine::ShareLimits share = {};
    DataPart data = {};
    std::uint64_t max_held_bytes = HeldBytes().most;
    std::map<std::string, std::string> files = {};  // of the bundle, beside the suite
    std::chrono::seconds clock_ahead{0};
    // To a suite that has been parsed: what no valid text says.
    std::function<void(Suite&)> change = {};
    std::chrono::milliseconds busy{0};  // how long the engine's thread is kept from its work when a step begins
  };
  // Throws if the suite is refused: the test is wrong then.
  SuiteRun(std::string_view suite, Options options);
  explicit SuiteRun(std::string_view suite) : SuiteRun(suite, Options()) {}
  ~SuiteRun();

  // In the order in which they ended. Blocks until the shard is done.
  const std::vector<CaseResult>& Results();
  // The only one.
  const CaseResult& Result();

  void Cancel(engine::AfterCancel after = engine::AfterCancel::kNeverRun);
  // Blocks until the shard is done.
  engine::ShardEnding Ending();
  // Whether it is, after waiting for so long at the most.
  bool EndsWithin(std::chrono::seconds limit) const { return ending_.wait_for(limit) == std::future_status::ready; }
  engine::Engine& engine() { return *engine_; }

 private:
  std::unique_ptr<engine::Engine> engine_;
  std::vector<CaseResult> results_;
  std::promise<engine::ShardEnding> done_;
  std::shared_future<engine::ShardEnding> ending_;
};

// A suite of one scenario against a URL: `steps` are lines such as "- connect: {path: /ws}".
std::string OneScenario(const std::string& url, const std::vector<std::string>& steps, const std::string& more = "");

}  // namespace wsfleet::testing
