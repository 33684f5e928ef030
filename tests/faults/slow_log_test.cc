#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/bench/fleet/simulated_fleet.h"
#include "tests/support/real_fleet.h"

namespace wsfleet::testing {
namespace {

// Somebody has opened the log and does not read it.
class UnreadPipe {
 public:
  UnreadPipe() : path_((directory_.path() / "log").string()) {
    EXPECT_EQ(mkfifo(path_.c_str(), 0600), 0);
    descriptor_ = open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  }
  ~UnreadPipe() { close(descriptor_); }
  UnreadPipe(const UnreadPipe&) = delete;
  UnreadPipe& operator=(const UnreadPipe&) = delete;

  const std::string& path() const { return path_; }

 private:
  TemporaryDirectory directory_;
  std::string path_;
  int descriptor_ = -1;
};

TEST(SlowLog, HoldsNobodyUp) {
  const UnreadPipe log;
  TemporaryDirectory directory;
  const std::string ready = (directory.path() / "ready.json").string();
  Command command;
  command.arguments = {
      "sh", "-c",
      fmt::format("exec {} --insecure-plaintext --agent-listen 127.0.0.1:0 --client-listen 127.0.0.1:0 "
                  "--store {}/fleet.db --ready-file {} 2> {}",
                  Binary("wsfleet-coordinator"), directory.path().string(), ready, log.path())};
  ChildProcess coordinator(command);
  ASSERT_TRUE(WaitUntil([&] { return std::filesystem::exists(ready) || !coordinator.running(); }));
  ASSERT_TRUE(coordinator.running());
  SimulatedAgent::Settings each;
  each.address = std::string(boost::json::parse(ReadWholeFile(ready)).at("agent").as_string());
  each.security.plaintext = true;
  SimulatedFleet fleet({.agents = 200, .regions = 1, .each = each});
  // Each session writes some hundred bytes when it begins and when it ends; a pipe holds 64 KiB.
  for (std::uint32_t round = 1; round <= 5; ++round) {
    fleet.ForEach([&](SimulatedAgent& agent) { round == 1 ? agent.Connect() : agent.CutOff(true); });
    ASSERT_TRUE(fleet.AwaitAll([&](const SimulatedAgent& agent) { return agent.record().sessions >= round; },
                               absl::Seconds(30)))
        << "round " << round;
  }
}

}  // namespace
}  // namespace wsfleet::testing
