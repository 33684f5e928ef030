#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "coordinator/fleet_host.h"
#include "coordinator/store/refusal.h"
#include "coordinator/store/sqlite/sqlite_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/status_message.h"

// A store that is there, and can never hold what some run wants to store.
namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;

const FleetName kPickyFleet("default");

class PickyStore : public store::FleetStore {
 public:
  absl::StatusOr<std::vector<CommitOutcome>> Commit(const store::Ownership& ownership,
                                                    const std::vector<WriteBatch>& batches) override {
    for (const WriteBatch& batch : batches) {
      if (auto status = Judge(batch); !status.ok()) return status;
    }
    return store_->Commit(ownership, batches);
  }
  absl::StatusOr<FleetSnapshot> Load(const store::Ownership& ownership) override {
    ++loads_;
    return store_->Load(ownership);
  }
  absl::StatusOr<std::optional<KnownRun>> FindRun(const store::Ownership& ownership, const RunKey& key) override {
    return store_->FindRun(ownership, key);
  }

  // Of the run: its results, or every row.
  void RefuseResults(const std::string& job) { Add(results_, job); }
  void RefuseAll(const std::string& job) { Add(all_, job); }
  int loads() const { return loads_; }
  store::SqliteStore& store() { return *store_; }

 private:
  void Add(std::set<JobId>& jobs, const std::string& job) {
    const std::lock_guard lock(mutex_);
    jobs.insert(JobId(job));
  }
  absl::Status Judge(const WriteBatch& batch) {
    const std::lock_guard lock(mutex_);
    std::set<JobId> named;
    for (const CaseResultRecord& result : batch.results) {
      if (results_.contains(result.shard.job)) named.insert(result.shard.job);
    }
    for (const JobRecord& job : batch.jobs) {
      if (all_.contains(job.id)) named.insert(job.id);
    }
    if (named.empty()) return absl::OkStatus();
    return store::InRowOf(*named.begin(), absl::InvalidArgumentError("value too long"));
  }

  std::unique_ptr<store::SqliteStore> store_ = *store::SqliteStore::Open(":memory:");
  std::mutex mutex_;
  std::set<JobId> results_, all_;
  std::atomic<int> loads_ = 0;
};

class RefusedCommit : public ::testing::Test {
 protected:
  RefusedCommit()
      : host_(boost::asio::make_strand(context_), {kPickyFleet, {}}, store_, box_, bundles_, logs_),
        thread_([this] { context_.run(); }) {
    std::promise<absl::Status> loaded;
    host_.NotifyOnceLoaded([&](const absl::Status& status) { loaded.set_value(status); });
    host_.Own({kPickyFleet}, SteadyTime::Infinite());
    EXPECT_TRUE(loaded.get_future().get().ok());
  }
  ~RefusedCommit() override {
    std::promise<void> stopped;
    host_.Stop([&] { stopped.set_value(); });
    stopped.get_future().wait();
    host_.store_thread().Stop();
    logs_.Stop();
    work_.reset();
    context_.stop();
    thread_.join();
  }

  absl::Status Submit(const std::string& id) {
    JobSpec spec;
    spec.from = {"eu-west-1"};
    spec.agents_wait = absl::Hours(1);
    spec.cases = {CaseId("gate/health")};
    std::promise<absl::Status> answer;
    host_.Submit(JobId(id), spec, [&](const absl::Status& status, const JobId&, bool) { answer.set_value(status); });
    return answer.get_future().get();
  }

  // While the fleet is loaded, it is asked again.
  absl::Status SubmitOnceLoaded(const std::string& id) {
    absl::Status status = Submit(id);
    while (absl::IsUnavailable(status)) status = Submit(id);
    return status;
  }

  absl::Status Cancel(const std::string& id) {
    std::promise<absl::Status> answer;
    host_.Cancel(JobId(id), "", [&](const absl::Status& status) { answer.set_value(status); });
    return answer.get_future().get();
  }

  // With what it ends.
  std::future<absl::Status> Watch(const std::string& id) {
    const auto end = std::make_shared<std::promise<absl::Status>>();
    boost::asio::post(host_.strand(), [this, id, end] {
      Watcher watcher;
      watcher.wake = [](std::uint64_t) {};
      watcher.tick = [](const v1::ProgressTick&) {};
      watcher.end = [end](const absl::Status& status) { end->set_value(status); };
      if (auto added = host_.AddWatcher(JobId(id), std::move(watcher)); !added.ok()) end->set_value(added.status());
    });
    return end->get_future();
  }

  // Works on whatever it is given, one shard after the other, and comes back when its stream ends.
  void ConnectAgent() {
    boost::asio::post(host_.strand(), [this] { Connect(); });
  }

  JobRecord Job(const std::string& id) { return store_.store().GetJob(kPickyFleet, JobId(id))->job; }
  std::string Reason(const std::string& id) {
    return store_.store().GetJob(kPickyFleet, JobId(id))->shards.at(0).reason;
  }
  bool EndsAs(const std::string& id, JobState state) {
    return testing::WaitUntil([&] { return Job(id).state == state; });
  }

 private:
  // On the strand.
  void Connect() {
    fleet::AgentConnected event;
    event.agent.id = AgentId("eu-1");
    event.agent.region = RegionName("eu-west-1");
    event.agent.boot = BootId("00ff");
    event.max_shards = 4;
    for (const auto& [lease, given] : held_) {
      event.held.push_back({lease, {JobId(given.job()), ShardIndex(given.shard())}});
    }
    AgentSink sink;
    sink.send = [this](const v1::CoordinatorMessage& message) { OnMessage(message); };
    sink.end = [this](const absl::Status&) {
      again_.expires_after(std::chrono::milliseconds(20));
      again_.async_wait([this](const boost::system::error_code& error) {
        if (!error) ConnectAgent();
      });
    };
    const auto stream = host_.Connect(std::move(sink), event, 4);
    if (stream) stream_ = *stream;
  }

  void OnMessage(const v1::CoordinatorMessage& message) {
    if (message.has_assignment()) {
      held_[LeaseId(message.assignment().lease())] = message.assignment();
      Report(message.assignment());
    }
    if (message.has_shard_done_ack()) held_.erase(LeaseId(message.shard_done_ack().lease()));
    if (!message.has_welcome()) return;
    for (const auto& [lease, given] : held_) Report(given);
  }

  void Report(const v1::Assignment& assignment) {
    const LeaseId lease(assignment.lease());
    const ShardId shard{JobId(assignment.job()), ShardIndex(assignment.shard())};
    CaseResult result;
    result.case_id = CaseId("gate/health");
    result.outcome = Outcome::kPassed;
    host_.OnResults({stream_, lease, shard, assignment.attempt(), BatchSeq(1), {result}});
    host_.Apply(fleet::ShardFinished{stream_, lease, shard, assignment.attempt(), fleet::ShardEnd::kCompleted, 1});
  }

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  boost::asio::steady_timer again_{context_};
  std::map<LeaseId, v1::Assignment> held_;
  fleet::StreamId stream_;

 protected:
  PickyStore store_;

 private:
  SecretBox box_ = *SecretBox::WithRandomKey();
  Bundles bundles_{store_.store()};
  ServerLogs logs_{kPickyFleet, {}, store_.store(), store_.store(), box_};
  FleetHost host_;
  std::thread thread_;
};

TEST_F(RefusedCommit, OfResultsEndsTheirRunAndNoOther) {
  store_.RefuseResults("r-1");
  ASSERT_TRUE(Submit("r-1").ok());
  ASSERT_TRUE(Submit("r-2").ok());
  ConnectAgent();
  EXPECT_TRUE(EndsAs("r-1", JobState::kInconclusive));
  EXPECT_TRUE(EndsAs("r-2", JobState::kPassed));
  EXPECT_THAT(Reason("r-1"), HasSubstr("not-stored: value too long"));
  EXPECT_EQ(store_.loads(), 2) << "at first, and after what was refused";
}

TEST_F(RefusedCommit, IsSaidToWhoAskedForIt) {
  store_.RefuseAll("r-1");
  const absl::Status status = Submit("r-1");
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(testing::Message(status), HasSubstr("the coordinator's store can never hold this: value too long"));
  EXPECT_TRUE(SubmitOnceLoaded("r-2").ok());
}

TEST_F(RefusedCommit, OfARunsEndSetsTheRunAside) {
  ASSERT_TRUE(Submit("r-1").ok());
  auto end = Watch("r-1");
  store_.RefuseAll("r-1");
  ConnectAgent();
  ASSERT_TRUE(testing::WaitUntil([&] { return store_.loads() == 3; })) << "what it wanted first, and its end";
  ASSERT_TRUE(SubmitOnceLoaded("r-2").ok());
  EXPECT_TRUE(EndsAs("r-2", JobState::kPassed));
  EXPECT_EQ(store_.loads(), 3);
  // Whoever waits for it, or wants it to end, hears that nothing comes of it.
  for (const absl::Status& status : {end.get(), Watch("r-1").get(), Cancel("r-1")}) {
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(testing::Message(status), HasSubstr("its end cannot be stored (value too long)"));
  }
  EXPECT_TRUE(absl::IsNotFound(Cancel("r-2"))) << "it has ended";
}

}  // namespace
}  // namespace wsfleet::coordinator
