#include "monitoring/port.h"

#include <atomic>
#include <future>
#include <thread>

#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/raw_http.h"

namespace wsfleet::monitoring {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A program with a thread that decides.
class PortTest : public ::testing::Test {
 protected:
  explicit PortTest(Port::Settings settings = {}) : work_(strand_.get_executor()) {
    settings.address = "127.0.0.1:0";
    port_ = *Port::Start(std::move(settings), metrics_);
    thread_ = std::thread([this] { strand_.run(); });
  }
  ~PortTest() override {
    port_.reset();
    work_.reset();
    thread_.join();
  }

  void Attach() {
    port_->Attach([this](std::function<void(std::vector<std::string>)> answer) {
      ++asked_;
      boost::asio::post(strand_, [this, answer = std::move(answer)] { answer(obstacles_); });
    });
  }
  void Set(std::vector<std::string> obstacles) {
    boost::asio::post(strand_, [this, obstacles = std::move(obstacles)] { obstacles_ = obstacles; });
  }
  std::string Ask(const std::string& path) const { return testing::HttpGet(port_->address(), path); }

  Metrics metrics_{Program::kCoordinator};
  std::unique_ptr<Port> port_;
  boost::asio::io_context strand_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::string> obstacles_;  // the strand's
  std::atomic<int> asked_ = 0;
  std::thread thread_;
};

TEST_F(PortTest, LivesAndIsNotReadyWhileItStarts) {
  EXPECT_THAT(Ask("/livez"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("alive\n")));
  EXPECT_THAT(Ask("/readyz"), AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("not ready\n- it is starting\n")));
  EXPECT_THAT(Ask("/metrics"), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("text/plain; version=0.0.4"),
                                     HasSubstr("wsfleet_build_info{")));
  EXPECT_THAT(Ask("/"), AllOf(StartsWith("HTTP/1.1 404 "), EndsWith("expected /livez, /readyz or /metrics\n")));
}

TEST_F(PortTest, SaysEachReasonWhyItIsNotReady) {
  Set({"no session", "draining"});
  Attach();
  EXPECT_THAT(Ask("/readyz"), AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("not ready\n- no session\n- draining\n")));
  EXPECT_THAT(Ask("/livez"), StartsWith("HTTP/1.1 200 "));
  Set({});
  EXPECT_TRUE(testing::WaitUntil([&] { return Ask("/readyz").ends_with("ready\n"); }));
}

TEST_F(PortTest, IsNotReadyAndLivesWhenItStops) {
  Attach();
  EXPECT_THAT(Ask("/readyz"), StartsWith("HTTP/1.1 200 "));
  port_->Detach("the coordinator is stopping");
  EXPECT_THAT(Ask("/readyz"), EndsWith("- the coordinator is stopping\n"));
  EXPECT_THAT(Ask("/livez"), StartsWith("HTTP/1.1 200 "));
}

class StuckPortTest : public PortTest {
 protected:
  StuckPortTest() : PortTest(Stuck()) {}
  static Port::Settings Stuck() {
    Port::Settings settings;
    settings.stuck = absl::Milliseconds(100);
    settings.fresh = absl::ZeroDuration();
    settings.http.answer = absl::Milliseconds(50);
    return settings;
  }
};

TEST_F(StuckPortTest, DiesOnlyOfAThreadThatDoesNotAnswerAndOnlyOnceItIsSilentForLong) {
  std::promise<void> go_on;
  boost::asio::post(strand_, [&] { go_on.get_future().wait(); });
  Attach();
  EXPECT_THAT(Ask("/livez"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Ask("/readyz"), EndsWith("- the thread that decides did not answer in time\n"));
  EXPECT_THAT(Ask("/metrics"), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("wsfleet_build_info{")));
  EXPECT_TRUE(testing::WaitUntil([&] { return Ask("/livez").starts_with("HTTP/1.1 503 "); }));
  EXPECT_THAT(Ask("/livez"), HasSubstr("the thread that decides has not answered for "));
  EXPECT_EQ(asked_, 1) << "who does not answer is not asked again";
  go_on.set_value();
  EXPECT_TRUE(testing::WaitUntil([&] { return Ask("/livez").starts_with("HTTP/1.1 200 "); }));
  EXPECT_THAT(Ask("/readyz"), EndsWith("\r\n\r\nready\n"));
}

class FreshPortTest : public PortTest {
 protected:
  FreshPortTest() : PortTest(Fresh()) {}
  static Port::Settings Fresh() {
    Port::Settings settings;
    settings.fresh = absl::Hours(1);
    return settings;
  }
};

TEST_F(FreshPortTest, AsksTheProgramOnceForAllThatAskHere) {
  Attach();
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(Ask("/readyz"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(Ask("/metrics"), StartsWith("HTTP/1.1 200 "));
  }
  EXPECT_EQ(asked_, 1);
}

}  // namespace
}  // namespace wsfleet::monitoring
