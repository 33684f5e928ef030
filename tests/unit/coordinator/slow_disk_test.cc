#include <sqlite3.h>

#include <future>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/convert.h"
#include "tests/unit/coordinator/coordinator_fixture.h"

// A database whose commits take long.
namespace wsfleet::coordinator {
namespace {

using ::testing::SizeIs;

// While it lives no other connection can write.
class HeldDatabase {
 public:
  explicit HeldDatabase(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &database_), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  }
  ~HeldDatabase() {
    sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
    sqlite3_close(database_);
  }
  HeldDatabase(const HeldDatabase&) = delete;
  HeldDatabase& operator=(const HeldDatabase&) = delete;

 private:
  sqlite3* database_ = nullptr;
};

TEST_F(CoordinatorTest, AnswersHeartbeatsAndReadsWhileACommitTakesItsTime) {
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  agent.SayHello();
  const std::string job = Submit().second.job();
  const v1::Assignment assignment = agent.Await(v1::CoordinatorMessage::kAssignment).assignment();

  std::future<std::pair<grpc::Status, v1::SubmitReply>> submit;
  {
    const HeldDatabase held(options_.store);
    submit = std::async(std::launch::async, [this] { return Submit(); });
    v1::AgentMessage message;
    message.mutable_heartbeat()->add_leases(assignment.lease());
    for (std::uint64_t number = 1; number <= 3; ++number) {
      message.mutable_heartbeat()->set_number(number);
      agent.Send(message);
      const auto reply = agent.Await(v1::CoordinatorMessage::kHeartbeatReply).heartbeat_reply();
      EXPECT_EQ(reply.number(), number);
      EXPECT_THAT(reply.lost_leases(), SizeIs(0));
    }
    EXPECT_EQ(Get(job).second.state(), v1::JOB_STATE_RUNNING);
    v1::ListJobsReply jobs;
    EXPECT_TRUE(jobs_->List(Context().get(), {}, &jobs).ok());
    EXPECT_THAT(jobs.jobs(), SizeIs(1));
    v1::ListAgentsReply agents;
    EXPECT_TRUE(fleets_->ListAgents(Context().get(), {}, &agents).ok());
    EXPECT_EQ(submit.wait_for(std::chrono::seconds(0)), std::future_status::timeout) << "nothing is stored yet";
  }
  EXPECT_TRUE(submit.get().first.ok());
  EXPECT_EQ(agent.Complete(assignment, "gate/health"), v1::DISPOSITION_COUNTED);
}

}  // namespace
}  // namespace wsfleet::coordinator
