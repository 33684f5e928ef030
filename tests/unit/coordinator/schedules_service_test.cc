#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"
#include "tests/unit/coordinator/coordinator_fixture.h"
#include "wsfleet/v1/access.grpc.pb.h"
#include "wsfleet/v1/schedule.grpc.pb.h"

// Schedules over real streams, on a store that is kept.
namespace wsfleet::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class SchedulesServiceTest : public CoordinatorTest {
 protected:
  SchedulesServiceTest() { Connect(); }

  template <typename Service>
  std::unique_ptr<typename Service::Stub> Stub() {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = testing::ReadWholeFile(files_.ca);
    return Service::NewStub(grpc::CreateChannel(coordinator_->client_address(), grpc::SslCredentials(tls)));
  }
  void Connect() { stub_ = Stub<v1::Schedules>(); }

  // Each day at midnight: nothing is due while a test runs, unless the test says so.
  std::pair<grpc::Status, v1::ApplyScheduleReply> Apply(
      const std::function<void(v1::ApplyScheduleHeader&)>& change = {}, const std::string& suite = kGoodSuite,
      const std::string& token = "") {
    const std::string canonical = wire::CanonicalForm(BundleOf(suite));
    v1::ApplyScheduleRequest part;
    v1::ApplyScheduleHeader& header = *part.mutable_header();
    header.set_name("nightly");
    header.mutable_timing()->set_cron("@daily");
    header.mutable_run()->mutable_bundle()->set_digest(wire::Digest(canonical).value());
    header.mutable_run()->add_from("eu-west-1");
    (*header.mutable_run()->mutable_secrets())["JWT_KEY"] = "canary-4711";
    header.mutable_run()->set_submitter("ada@laptop");
    if (change) change(header);
    v1::ApplyScheduleReply reply;
    const auto context = token.empty() ? Context() : ContextWith(token);
    const auto writer = stub_->Apply(context.get(), &reply);
    writer->Write(part);
    for (std::string& data : wire::Chunks(canonical)) {
      part.mutable_chunk()->set_data(std::move(data));
      writer->Write(part);
    }
    writer->WritesDone();
    const grpc::Status status = writer->Finish();
    return {status, reply};
  }

  std::pair<grpc::Status, v1::Schedule> GetSchedule(const std::string& name = "nightly") {
    v1::GetScheduleRequest request;
    request.set_schedule(name);
    v1::Schedule reply;
    const auto context = Context();
    const grpc::Status status = stub_->Get(context.get(), request, &reply);
    return {status, reply};
  }

  v1::ChangeScheduleReply Pause(const std::string& reason) {
    v1::PauseScheduleRequest request;
    request.set_schedule("nightly");
    request.set_reason(reason);
    v1::ChangeScheduleReply reply;
    EXPECT_TRUE(stub_->Pause(Context().get(), request, &reply).ok());
    return reply;
  }

  std::pair<grpc::Status, v1::SubmitReply> Trigger(const std::string& key = "") {
    v1::TriggerScheduleRequest request;
    request.set_schedule("nightly");
    request.set_run_key(key);
    v1::SubmitReply reply;
    const auto context = Context();
    const grpc::Status status = stub_->Trigger(context.get(), request, &reply);
    return {status, reply};
  }

  std::unique_ptr<v1::Schedules::Stub> stub_;
};

TEST_F(SchedulesServiceTest, AppliesOnceAndTheSameAgainChangesNothing) {
  const auto [status, reply] = Apply();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(reply.change(), v1::SCHEDULE_CHANGE_CREATED);
  EXPECT_FALSE(reply.has_before());
  EXPECT_TRUE(reply.secrets_changed());
  EXPECT_EQ(reply.after().version(), 1u);
  const auto again = Apply([](v1::ApplyScheduleHeader& header) { header.mutable_run()->set_submitter("other@host"); });
  ASSERT_TRUE(again.first.ok()) << again.first.error_message();
  EXPECT_EQ(again.second.change(), v1::SCHEDULE_CHANGE_UNCHANGED);
  EXPECT_FALSE(again.second.secrets_changed());
  EXPECT_EQ(again.second.after().version(), 1u);
}

TEST_F(SchedulesServiceTest, NamesWhoAppliedByTheirToken) {
  v1::CreateTokenRequest request;
  request.set_name("ada");
  request.set_role(v1::ROLE_OPERATOR);
  *request.mutable_ttl() = wire::ToWire(absl::Hours(1));
  v1::CreateTokenReply created;
  ASSERT_TRUE(Stub<v1::Tokens>()->Create(Context().get(), request, &created).ok());
  Apply({}, kGoodSuite, created.secret());
  EXPECT_EQ(GetSchedule().second.submitter(), "ada (ada@laptop)");
}

TEST_F(SchedulesServiceTest, ShowsWhatWasAppliedAndWhatIsToCome) {
  Apply([](v1::ApplyScheduleHeader& header) {
    header.set_description("each night");
    header.mutable_timing()->set_zone("Europe/Berlin");
    *header.mutable_timing()->mutable_jitter() = wire::ToWire(absl::Minutes(5));
  });
  const auto [status, schedule] = GetSchedule();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(schedule.description(), "each night");
  EXPECT_EQ(schedule.fleet(), "default");
  EXPECT_EQ(schedule.timing().cron(), "@daily");
  EXPECT_EQ(wire::FromWire(schedule.timing().offset()), absl::Milliseconds(242'926));
  EXPECT_EQ(schedule.overlap(), v1::OVERLAP_POLICY_SKIP);
  EXPECT_EQ(wire::FromWire(schedule.catch_up()), absl::Minutes(5));
  EXPECT_THAT(schedule.suites(), ElementsAre("gate"));
  EXPECT_THAT(schedule.from(), ElementsAre("eu-west-1"));
  EXPECT_THAT(schedule.secrets(), ElementsAre("JWT_KEY"));
  EXPECT_EQ(schedule.cases(), 1u);
  EXPECT_EQ(schedule.submitter(), "ada@laptop");
  EXPECT_THAT(schedule.problem(), IsEmpty());
  EXPECT_THAT(schedule.ticks(), IsEmpty());
  ASSERT_THAT(schedule.next(), SizeIs(5));
  EXPECT_GT(wire::FromWire(schedule.next(0)), absl::Now() - absl::Minutes(6));
  EXPECT_LT(wire::FromWire(schedule.next(4)), absl::Now() + absl::Hours(24 * 6));
}

TEST_F(SchedulesServiceTest, KeepsSecretsSealedAndSaysWhetherTheyChanged) {
  Apply();
  EXPECT_THAT(testing::ReadWholeFile(options_.store), Not(HasSubstr("canary-4711")));
  EXPECT_THAT(testing::ReadWholeFile(options_.store + "-wal"), Not(HasSubstr("canary-4711")));
  const auto with_secret = [&](const std::string& value, bool dry_run) {
    return Apply([&](v1::ApplyScheduleHeader& header) {
             (*header.mutable_run()->mutable_secrets())["JWT_KEY"] = value;
             header.set_dry_run(dry_run);
           })
        .second;
  };
  EXPECT_TRUE(with_secret("canary-4712", true).secrets_changed());
  EXPECT_EQ(with_secret("canary-4712", true).change(), v1::SCHEDULE_CHANGE_UPDATED);
  EXPECT_EQ(GetSchedule().second.version(), 1u);
  EXPECT_TRUE(with_secret("canary-4712", false).secrets_changed());
  EXPECT_EQ(GetSchedule().second.version(), 2u);
  EXPECT_FALSE(with_secret("canary-4712", false).secrets_changed());
}

TEST_F(SchedulesServiceTest, GivesEachRunItsSecretsAndFiles) {
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  agent.SayHello();
  Apply();
  const auto [status, reply] = Trigger();
  ASSERT_TRUE(status.ok()) << status.error_message();
  const v1::Assignment assignment = agent.Await(v1::CoordinatorMessage::kAssignment).assignment();
  EXPECT_EQ(assignment.job(), reply.job());
  EXPECT_EQ(assignment.secrets().at("JWT_KEY"), "canary-4711");
  EXPECT_EQ(agent.Fetch(assignment.bundle().digest()), wire::CanonicalForm(BundleOf(kGoodSuite)));
  EXPECT_EQ(agent.Complete(assignment, "gate/health"), v1::DISPOSITION_COUNTED);
  const auto watched = Watch(reply.job());
  EXPECT_EQ(watched.second.back().job().schedule(), "nightly");
  EXPECT_FALSE(watched.second.back().job().has_tick());
  const v1::Schedule schedule = GetSchedule().second;
  EXPECT_EQ(schedule.last_job(), reply.job());
  EXPECT_EQ(schedule.last_verdict(), "passed");
}

TEST_F(SchedulesServiceTest, MakesRunsByTheTimeAndKeepsWhatBecameOfThem) {
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  agent.SayHello();
  Apply([](v1::ApplyScheduleHeader& header) {
    header.mutable_timing()->clear_cron();
    *header.mutable_timing()->mutable_every() = wire::ToWire(absl::Seconds(1));
  });
  const v1::Assignment assignment = agent.Await(v1::CoordinatorMessage::kAssignment).assignment();
  agent.Complete(assignment, "gate/health");
  const v1::Job job = Watch(assignment.job()).second.back().job();
  EXPECT_EQ(job.schedule(), "nightly");
  EXPECT_EQ(wire::FromWire(job.tick()) - absl::UnixEpoch(),
            absl::Trunc(wire::FromWire(job.tick()) - absl::UnixEpoch(), absl::Seconds(1)));
  Restart();
  Connect();
  const v1::Schedule schedule = GetSchedule().second;
  EXPECT_GE(schedule.started(), 1u);
  std::set<std::string> jobs;
  for (const v1::Tick& tick : schedule.ticks()) {
    if (tick.job() != job.job()) continue;
    EXPECT_EQ(tick.nominal().seconds(), job.tick().seconds());
    EXPECT_EQ(tick.outcome(), v1::TICK_OUTCOME_STARTED);
    EXPECT_EQ(tick.verdict(), "passed");
    jobs.insert(tick.job());
  }
  EXPECT_THAT(jobs, SizeIs(1));
}

TEST_F(SchedulesServiceTest, PausesResumesAndDeletes) {
  Apply();
  EXPECT_EQ(Pause("release").change(), v1::SCHEDULE_CHANGE_UPDATED);
  EXPECT_EQ(Pause("release").change(), v1::SCHEDULE_CHANGE_UNCHANGED);
  EXPECT_EQ(GetSchedule().second.pause_reason(), "release");
  EXPECT_THAT(GetSchedule().second.next(), IsEmpty());
  v1::ResumeScheduleRequest resume;
  resume.set_schedule("nightly");
  v1::ChangeScheduleReply reply;
  EXPECT_TRUE(stub_->Resume(Context().get(), resume, &reply).ok());
  EXPECT_FALSE(GetSchedule().second.paused());
  EXPECT_THAT(GetSchedule().second.next(), SizeIs(5));
  v1::DeleteScheduleRequest deletion;
  deletion.set_schedule("nightly");
  EXPECT_TRUE(stub_->Delete(Context().get(), deletion, &reply).ok());
  EXPECT_EQ(reply.change(), v1::SCHEDULE_CHANGE_DELETED);
  EXPECT_EQ(GetSchedule().first.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Trigger().first.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(SchedulesServiceTest, TriggersOnceForAKey) {
  Apply();
  const auto first = Trigger("ci-1");
  ASSERT_TRUE(first.first.ok());
  const auto second = Trigger("ci-1");
  EXPECT_TRUE(second.second.attached());
  EXPECT_EQ(second.second.job(), first.second.job());
}

TEST_F(SchedulesServiceTest, RefusesWhatIsWrongWithItsPlace) {
  const auto refusal = [&](const std::function<void(v1::ApplyScheduleHeader&)>& change,
                           const std::string& suite = kGoodSuite) {
    const grpc::Status status = Apply(change, suite).first;
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
    return status.error_message();
  };
  EXPECT_THAT(refusal([](auto& header) { header.set_name("a b"); }), HasSubstr("found \"a b\""));
  EXPECT_THAT(refusal([](auto& header) { header.mutable_timing()->set_cron("0 0 31 2 *"); }),
              HasSubstr("never be due"));
  EXPECT_THAT(refusal([](auto& header) { header.mutable_timing()->set_zone("Berlin"); }),
              HasSubstr("did you mean \"Europe/Berlin\"?"));
  EXPECT_THAT(refusal([](auto& header) { header.mutable_run()->set_run_key("x"); }), HasSubstr("run.run_key"));
  EXPECT_THAT(refusal([](auto& header) { *header.mutable_timing()->mutable_jitter() = wire::ToWire(-absl::Hours(1)); }),
              HasSubstr("jitter"));
  EXPECT_THAT(refusal({}, "version: wsfleet/v1\nname: gate\nscenarioz: []\n"), HasSubstr("gate.wsfleet.yaml:3:1"));
  EXPECT_EQ(GetSchedule().first.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(SchedulesServiceTest, RefusesAVersionThatIsNotTheExpectedOne) {
  Apply();
  const auto change = [](std::uint64_t version) {
    return [version](v1::ApplyScheduleHeader& header) {
      header.set_description("other");
      header.set_expected_version(version);
    };
  };
  EXPECT_EQ(Apply(change(0)).first.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_TRUE(Apply(change(1)).first.ok());
}

TEST_F(SchedulesServiceTest, ListsByPagesAndGivesTheFilesBack) {
  for (const char* name : {"b", "a", "c"}) Apply([&](auto& header) { header.set_name(name); });
  v1::ListSchedulesRequest request;
  request.set_page_size(2);
  v1::ListSchedulesReply reply;
  ASSERT_TRUE(stub_->List(Context().get(), request, &reply).ok());
  ASSERT_THAT(reply.schedules(), SizeIs(2));
  EXPECT_EQ(reply.schedules(0).name(), "a");
  EXPECT_THAT(reply.schedules(0).next(), SizeIs(1));
  EXPECT_THAT(reply.schedules(0).secrets(), IsEmpty());
  request.set_page_token(reply.next_page_token());
  reply.Clear();
  ASSERT_TRUE(stub_->List(Context().get(), request, &reply).ok());
  ASSERT_THAT(reply.schedules(), SizeIs(1));
  EXPECT_EQ(reply.schedules(0).name(), "c");
  EXPECT_THAT(reply.next_page_token(), IsEmpty());

  v1::GetScheduleRequest which;
  which.set_schedule("b");
  const auto context = Context();
  const auto reader = stub_->Bundle(context.get(), which);
  std::string canonical;
  for (v1::BundleChunk chunk; reader->Read(&chunk);) canonical += chunk.data();
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(canonical, wire::CanonicalForm(BundleOf(kGoodSuite)));
}

TEST_F(SchedulesServiceTest, RefusesClientsWithoutTheToken) {
  v1::Schedule reply;
  grpc::ClientContext context;
  SetDeadline(context);
  EXPECT_EQ(stub_->Get(&context, v1::GetScheduleRequest(), &reply).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  v1::ApplyScheduleReply applied;
  grpc::ClientContext other;
  SetDeadline(other);
  const auto writer = stub_->Apply(&other, &applied);
  writer->WritesDone();
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace wsfleet::coordinator
