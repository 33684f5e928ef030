#include "coordinator/fleet_host.h"

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/post.hpp"
#include "coordinator/store/sqlite/sqlite_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/secrets.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/coordinator/given_secrets.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;

// A real store whose next commit fails when asked to.
class FailingStore : public store::FleetStore {
 public:
  absl::StatusOr<std::vector<CommitOutcome>> Commit(const store::Ownership& ownership,
                                                    const std::vector<WriteBatch>& batches) override {
    if (fails_next_.exchange(false)) return absl::UnavailableError("the disk is on fire");
    if (full_) {
      ++refused_;
      return absl::ResourceExhaustedError("the disk is full");
    }
    return store_->Commit(ownership, batches);
  }
  absl::StatusOr<FleetSnapshot> Load(const store::Ownership& ownership) override { return store_->Load(ownership); }

  absl::StatusOr<std::optional<KnownRun>> FindRun(const store::Ownership& ownership, const RunKey& key) override {
    return store_->FindRun(ownership, key);
  }

  void FailNextCommit() { fails_next_ = true; }
  void SetFull(bool full) { full_ = full; }
  int refused() const { return refused_; }
  store::SqliteStore& store() { return *store_; }

 private:
  std::unique_ptr<store::SqliteStore> store_ = *store::SqliteStore::Open(":memory:");
  std::atomic<bool> fails_next_ = false;
  std::atomic<bool> full_ = false;
  std::atomic<int> refused_ = 0;
};

class FleetHostTest : public ::testing::Test {
 protected:
  FleetHostTest()
      : host_(boost::asio::make_strand(context_), {FleetName("default"), {}, nullptr, &kept_}, store_, box_, bundles_,
              logs_),
        thread_([this] { context_.run(); }) {
    std::promise<absl::Status> loaded;
    host_.NotifyOnceLoaded([&](const absl::Status& status) { loaded.set_value(status); });
    host_.Own({FleetName("default")}, SteadyTime::Infinite());
    EXPECT_TRUE(loaded.get_future().get().ok());
  }
  ~FleetHostTest() override {
    std::promise<void> stopped;
    host_.Stop([&] { stopped.set_value(); });
    stopped.get_future().wait();
    host_.store_thread().Stop();
    kept_.Stop();
    logs_.Stop();
    work_.reset();
    context_.stop();
    thread_.join();
  }

  absl::Status Submit(const std::string& id, const std::string& sealed_secrets = "",
                      absl::Duration deadline = absl::Minutes(10)) {
    JobSpec spec;
    spec.from = {"eu-west-1"};
    spec.agents_wait = absl::Milliseconds(200);
    spec.deadline = deadline;
    spec.cases = {CaseId("gate/health")};
    spec.suites = {"gate"};
    spec.sealed_secrets = sealed_secrets;
    spec.bundle = bundle_;
    spec.secrets_of_fleet = secrets_of_fleet_;
    std::promise<absl::Status> answer;
    host_.Submit(JobId(id), spec, [&](const absl::Status& status, const JobId&, bool) { answer.set_value(status); });
    return answer.get_future().get();
  }

  // Waits until r-1 has ended, inconclusive: what is said of it.
  std::string EndAndReasons() {
    EXPECT_TRUE(testing::WaitUntil(
        [&] { return IsTerminal(store_.store().GetJob(FleetName("default"), JobId("r-1"))->job.state); }));
    const auto view = store_.store().GetJob(FleetName("default"), JobId("r-1"));
    EXPECT_EQ(view->job.state, JobState::kInconclusive);
    std::string told;
    for (const ShardRecord& shard : view->shards) told += shard.reason + "\n";
    for (const std::string& reason : view->job.reasons) told += reason + "\n";
    return told;
  }

  std::shared_ptr<const SecretSources> KeptSecrets() const {
    std::filesystem::permissions(directory_.Write("kept", "of the operator"), std::filesystem::perms::owner_read);
    auto sources = SecretSources::Open(
        directory_.Write("secrets.yaml",
                         "version: wsfleet/v1\nsecrets: {KEPT: {file: kept, hosts: [chat.example.com], fleets: "
                         "[default]}}\n"),
        FleetsOfSecrets::kNamed);
    EXPECT_TRUE(sources.ok()) << sources.status();
    return std::make_shared<const SecretSources>(*std::move(sources));
  }

  // Returns when the agent is welcome, or its stream has ended.
  void Connect(const std::string& id) {
    boost::asio::post(host_.strand(), [this, id] {
      fleet::AgentConnected event;
      event.agent.id = AgentId(id);
      event.agent.region = RegionName("eu-west-1");
      event.agent.boot = BootId("00ff");
      event.max_shards = 2;
      AgentSink sink;
      sink.is_private = private_;
      sink.keeps_secret_hosts = keeps_hosts_;
      sink.send = [this](v1::CoordinatorMessage message) {
        if (message.has_welcome()) connected_.set_value();
        if (!message.has_assignment()) return;
        contents_.push_back(message.assignment().bundle_content());
        last_ = message.assignment();
        ++assignments_;
      };
      sink.end = [this](const absl::Status& status) { ended_.set_value(status); };
      host_.Connect(std::move(sink), event, 1);
    });
    connected_.get_future().wait();
  }

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  FailingStore store_;
  SecretBox box_ = *SecretBox::WithRandomKey();
  std::promise<void> connected_;
  std::promise<absl::Status> ended_;
  BundleDigest bundle_;                        // of what is submitted
  std::vector<std::string> contents_;          // of bundles that came along; of the strand, until assignments_ says so
  v1::Assignment last_;                        // the same
  std::vector<std::string> secrets_of_fleet_;  // of what is submitted
  bool private_ = true, keeps_hosts_ = true;
  std::atomic<int> assignments_ = 0;
  testing::TemporaryDirectory directory_;
  FleetSecrets kept_{KeptSecrets()};
  Bundles bundles_{store_.store()};
  ServerLogs logs_{FleetName("default"), {}, store_.store(), store_.store(), box_};
  FleetHost host_;
  std::thread thread_;
};

TEST_F(FleetHostTest, StartsAfreshFromTheStoreWhenACommitFails) {
  Connect("eu-1");
  ASSERT_TRUE(Submit("r-1").ok());
  store_.FailNextCommit();
  EXPECT_TRUE(absl::IsUnavailable(Submit("r-2")));
  EXPECT_TRUE(absl::IsUnavailable(ended_.get_future().get())) << "agents connect again";

  // While it loads, requests are refused; after that it goes on with what was durable.
  absl::Status status = Submit("r-3");
  while (absl::IsUnavailable(status)) status = Submit("r-3");
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(store_.store().GetJob(FleetName("default"), JobId("r-1")).ok());
  EXPECT_TRUE(absl::IsNotFound(store_.store().GetJob(FleetName("default"), JobId("r-2")).status()));
  EXPECT_TRUE(store_.store().GetJob(FleetName("default"), JobId("r-3")).ok());
}

TEST_F(FleetHostTest, HasWatchersLookAgainAfterACommitOfUnknownOutcome) {
  Connect("eu-1");
  ASSERT_TRUE(Submit("r-1").ok());
  std::promise<void> watched;
  std::atomic<bool> looked = false;
  boost::asio::post(host_.strand(), [&] {
    Watcher watcher;
    watcher.wake = [&looked](std::uint64_t last_event) { looked = looked || last_event == 0; };
    watcher.tick = [](const v1::ProgressTick&) {};
    watcher.end = [](const absl::Status&) {};
    EXPECT_TRUE(host_.AddWatcher(JobId("r-1"), std::move(watcher)).ok());
    watched.set_value();
  });
  watched.get_future().wait();
  EXPECT_FALSE(looked);
  store_.FailNextCommit();
  EXPECT_FALSE(Submit("r-2").ok());
  EXPECT_TRUE(testing::WaitUntil([&] { return looked.load(); }));
}

TEST_F(FleetHostTest, DoesNotAskAFullStoreAsFastAsItCanRefuse) {
  Connect("eu-1");
  ASSERT_TRUE(Submit("r-1", "", absl::Milliseconds(300)).ok());
  store_.SetFull(true);
  // The deadline passes, and passes again at once after each load.
  ASSERT_TRUE(testing::WaitUntil([&] { return store_.refused() > 0; }));
  const absl::Time first = absl::Now();
  EXPECT_TRUE(absl::IsResourceExhausted(ended_.get_future().get()));
  ASSERT_TRUE(testing::WaitUntil([&] { return store_.refused() >= 4; }));
  EXPECT_GE(absl::Now() - first, absl::Milliseconds(1900)) << "at once, then once a second";
  store_.SetFull(false);
  EXPECT_TRUE(testing::WaitUntil([&] {
    return store_.store().GetJob(FleetName("default"), JobId("r-1"))->job.state != JobState::kRunning;
  })) << "it goes on by itself when there is room";
}

TEST_F(FleetHostTest, SendsASmallBundleAlongWhereTheStreamHasNotHadItBefore) {
  bundle_ = BundleDigest("00ff");
  ASSERT_TRUE(bundles_.Put(bundle_, std::make_shared<const std::string>("files")).ok());
  Connect("eu-1");
  ASSERT_TRUE(Submit("r-1").ok());
  ASSERT_TRUE(Submit("r-2").ok());
  ASSERT_TRUE(testing::WaitUntil([&] { return assignments_ == 2; }));
  EXPECT_EQ(contents_, (std::vector<std::string>{"files", ""}));
}

TEST_F(FleetHostTest, EndsARunWhoseSecretsAreLostAsInconclusiveAndSaysSo) {
  Connect("eu-1");
  const SecretBox other = *SecretBox::WithRandomKey();
  ASSERT_TRUE(Submit("r-1", *other.Seal(SecretOwner::OfJob(JobId("r-1")), Given({{"JWT_KEY", "canary"}}))).ok());
  EXPECT_THAT(EndAndReasons(), HasSubstr("secret-lost"));
  EXPECT_EQ(assignments_, 0);
}

TEST_F(FleetHostTest, SendsNoSecretToAnAgentWhoseConnectionOthersCanRead) {
  private_ = false;
  Connect("eu-1");
  ASSERT_TRUE(Submit("r-1", *box_.Seal(SecretOwner::OfJob(JobId("r-1")), Given({{"JWT_KEY", "canary"}}))).ok());
  EXPECT_THAT(EndAndReasons(), HasSubstr("agent eu-1 is connected in plain text"));
  EXPECT_EQ(assignments_, 0);
}

TEST_F(FleetHostTest, SaysWhichOfTheSecretsThatItsOperatorKeepsItCouldNotRead) {
  secrets_of_fleet_ = {"KEPT", "NOBODYS"};
  std::filesystem::permissions(directory_.path() / "kept", std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  Connect("eu-1");
  ASSERT_TRUE(Submit("r-1").ok());
  ASSERT_TRUE(testing::WaitUntil([&] { return assignments_ == 1; }));
  EXPECT_THAT(last_.unread_secrets(), ::testing::ElementsAre("KEPT"));
  EXPECT_TRUE(last_.secrets().empty());
}

TEST_F(FleetHostTest, GivesTheSecretsOfTheRunAndThoseThatItsOperatorKeepsWithTheirHosts) {
  secrets_of_fleet_ = {"KEPT", "NOBODYS"};
  Connect("eu-1");
  ASSERT_TRUE(Submit("r-1", *box_.Seal(SecretOwner::OfJob(JobId("r-1")), Given({{"JWT_KEY", "of the run"}}))).ok());
  ASSERT_TRUE(testing::WaitUntil([&] { return assignments_ == 1; }));
  const auto secrets = wire::TakeSecrets(last_);
  ASSERT_TRUE(secrets.ok());
  ASSERT_EQ(secrets->size(), 2u);
  EXPECT_EQ(secrets->at("JWT_KEY").value.Reveal(), "of the run");
  EXPECT_TRUE(secrets->at("JWT_KEY").hosts.any());
  EXPECT_EQ(secrets->at("KEPT").value.Reveal(), "of the operator");
  EXPECT_EQ(secrets->at("KEPT").hosts.text(), "chat.example.com");
  EXPECT_TRUE(last_.secrets().empty());
}

TEST_F(FleetHostTest, GivesASecretWithHostsToNoAgentThatWouldNotKeepToThem) {
  secrets_of_fleet_ = {"KEPT"};
  keeps_hosts_ = false;
  Connect("eu-1");
  ASSERT_TRUE(Submit("r-1").ok());
  ASSERT_TRUE(testing::WaitUntil([&] { return assignments_ == 1; }));
  EXPECT_TRUE(last_.secrets().empty());
}

}  // namespace
}  // namespace wsfleet::coordinator
