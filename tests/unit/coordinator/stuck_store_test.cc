#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/post.hpp"
#include "coordinator/fleet_host.h"
#include "coordinator/store/sqlite/sqlite_store.h"
#include "gtest/gtest.h"

// A store in which a commit does not return, and what goes on meanwhile.
namespace wsfleet::coordinator {
namespace {

// Commits wait for Open().
class HeldStore : public store::FleetStore {
 public:
  absl::StatusOr<std::vector<CommitOutcome>> Commit(const store::Ownership& ownership,
                                                    const std::vector<WriteBatch>& batches) override {
    opened_.wait();
    return store_->Commit(ownership, batches);
  }
  absl::StatusOr<FleetSnapshot> Load(const store::Ownership& ownership) override { return store_->Load(ownership); }
  absl::StatusOr<std::optional<KnownRun>> FindRun(const store::Ownership& ownership, const RunKey& key) override {
    return store_->FindRun(ownership, key);
  }

  void Open() { gate_.set_value(); }
  store::SqliteStore& store() { return *store_; }

 private:
  std::unique_ptr<store::SqliteStore> store_ = *store::SqliteStore::Open(":memory:");
  std::promise<void> gate_;
  std::shared_future<void> opened_ = gate_.get_future().share();
};

// Fleets of one process share its strand; each has a store of its own here.
class Hosted {
 public:
  Hosted(const FleetStrand& strand, const std::string& name)
      : bundles_(store_.store()),
        logs_(FleetName(name), {}, store_.store(), store_.store(), box_),
        host_(strand, {FleetName(name), {}}, store_, box_, bundles_, logs_) {
    std::promise<absl::Status> loaded;
    host_.NotifyOnceLoaded([&](const absl::Status& status) { loaded.set_value(status); });
    host_.Own({FleetName(name)}, SteadyTime::Infinite());
    EXPECT_TRUE(loaded.get_future().get().ok());
  }
  ~Hosted() {
    std::promise<void> stopped;
    host_.Stop([&] { stopped.set_value(); });
    stopped.get_future().wait();
    host_.store_thread().Stop();
    logs_.Stop();
  }

  std::future<absl::Status> Submit(const std::string& id) {
    JobSpec spec;
    spec.from = {"eu-west-1"};
    spec.cases = {CaseId("gate/health")};
    const auto answer = std::make_shared<std::promise<absl::Status>>();
    host_.Submit(JobId(id), spec,
                 [answer](const absl::Status& status, const JobId&, bool) { answer->set_value(status); });
    return answer->get_future();
  }

  // On the strand.
  fleet::StreamId Connect(const std::string& id) {
    fleet::AgentConnected event;
    event.agent.id = AgentId(id);
    event.agent.region = RegionName("eu-west-1");
    event.agent.boot = BootId("00ff");
    AgentSink sink;
    sink.send = [](const v1::CoordinatorMessage&) {};
    sink.end = [](const absl::Status&) {};
    return host_.Connect(std::move(sink), event, 1).value();
  }

  HeldStore& store() { return store_; }
  FleetHost& host() { return host_; }

 private:
  HeldStore store_;
  SecretBox box_ = *SecretBox::WithRandomKey();
  Bundles bundles_;
  ServerLogs logs_;
  FleetHost host_;
};

class StuckStore : public ::testing::Test {
 protected:
  StuckStore() : thread_([this] { context_.run(); }) {}
  ~StuckStore() override {
    work_.reset();
    context_.stop();
    thread_.join();
  }

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  FleetStrand strand_{boost::asio::make_strand(context_)};
  std::thread thread_;
};

TEST_F(StuckStore, HoldsUpNoOtherFleet) {
  Hosted stuck(strand_, "stuck"), other(strand_, "other");
  other.store().Open();
  std::future<absl::Status> unanswered = stuck.Submit("r-1");
  EXPECT_TRUE(other.Submit("r-2").get().ok());
  EXPECT_EQ(unanswered.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  stuck.store().Open();
  EXPECT_TRUE(unanswered.get().ok());
}

TEST_F(StuckStore, StopsTheReadingOfResultsUntilItHasCaughtUp) {
  Hosted fleet(strand_, "default");
  std::promise<bool> was_behind, resumed;
  std::future<bool> is_resumed = resumed.get_future();
  boost::asio::post(strand_, [&] {
    const fleet::StreamId stream = fleet.Connect("eu-0");
    // The one that is being committed does not wait any more.
    for (std::size_t i = 0; i < PausedStreams::kMaxQueued + StoreThread::kMaxTransaction; ++i) {
      fleet.Connect("eu-" + std::to_string(i));
    }
    was_behind.set_value(fleet.host().IsBehind());
    fleet.host().PauseReading(stream, [&] { resumed.set_value(fleet.host().IsBehind()); });
  });
  EXPECT_TRUE(was_behind.get_future().get());
  EXPECT_EQ(is_resumed.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  fleet.store().Open();
  EXPECT_FALSE(is_resumed.get()) << "it has caught up";
}

}  // namespace
}  // namespace wsfleet::coordinator
