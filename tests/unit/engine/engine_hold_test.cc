#include <atomic>
#include <chrono>
#include <future>
#include <string>

#include "gtest/gtest.h"
#include "tests/unit/engine/scripted_server.h"
#include "tests/unit/engine/suite_run.h"

namespace wsfleet::testing {
namespace {

// Two scenarios of one request each.
std::string TwoRequests(const std::string& url) {
  const auto scenario = [](const std::string& name) {
    return "  - name: " + name + "\n    steps:\n      - http: {get: /, expect: {status: 200}}\n";
  };
  return "version: wsfleet/v1\nname: two\ntarget: " + url + "\nscenarios:\n" + scenario("a") + scenario("b");
}

TEST(Hold, LetsACaseEndAndNoOtherBeginUntilItIsOver) {
  std::promise<void> asked, answer;
  std::atomic<int> requests = 0;
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.ReadHead();
    if (++requests == 1) {
      asked.set_value();
      answer.get_future().wait();
    }
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  SuiteRun run(TwoRequests(server.url()));
  asked.get_future().wait();
  run.engine().Hold(true);
  answer.set_value();
  EXPECT_FALSE(run.EndsWithin(std::chrono::seconds(1)));
  EXPECT_EQ(requests, 1);
  run.engine().Hold(false);
  EXPECT_EQ(run.Results().size(), 2u);
  EXPECT_EQ(requests, 2);
}

TEST(Hold, DoesNotKeepACancelledRun) {
  std::promise<void> asked, answer;
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.ReadHead();
    asked.set_value();
    answer.get_future().wait();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  SuiteRun run(TwoRequests(server.url()));
  asked.get_future().wait();
  run.engine().Hold(true);
  answer.set_value();
  EXPECT_FALSE(run.EndsWithin(std::chrono::seconds(1)));
  run.Cancel();
  EXPECT_EQ(run.Ending(), engine::ShardEnding::kCancelled);
}

}  // namespace
}  // namespace wsfleet::testing
