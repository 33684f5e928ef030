#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/convert.h"
#include "tests/support/child_process.h"
#include "tests/unit/coordinator/coordinator_fixture.h"
#include "wsfleet/v1/access.grpc.pb.h"

// Tokens and the audit log, over the wire.
namespace wsfleet::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class AccessTest : public CoordinatorTest {
 protected:
  AccessTest() { Connect(); }

  void Connect() {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = testing::ReadWholeFile(files_.ca);
    channel_ = grpc::CreateChannel(coordinator_->client_address(), grpc::SslCredentials(tls));
    tokens_ = v1::Tokens::NewStub(channel_);
    audit_ = v1::Audit::NewStub(channel_);
  }

  std::unique_ptr<grpc::ClientContext> As(const std::string& secret) { return ContextWith(secret); }

  std::pair<grpc::Status, v1::CreateTokenReply> Create(const std::string& name, v1::Role role = v1::ROLE_VIEWER,
                                                       absl::Duration ttl = absl::Hours(1)) {
    v1::CreateTokenRequest request;
    request.set_name(name);
    request.set_role(role);
    *request.mutable_ttl() = wire::ToWire(ttl);
    v1::CreateTokenReply reply;
    const grpc::Status status = tokens_->Create(Context().get(), request, &reply);
    return {status, reply};
  }

  grpc::Status Revoke(const std::string& which) {
    v1::RevokeTokenRequest request;
    request.set_token(which);
    v1::Token reply;
    return tokens_->Revoke(Context().get(), request, &reply);
  }

  std::pair<grpc::Status, v1::WhoAmIReply> WhoIs(const std::string& secret) {
    v1::WhoAmIReply reply;
    const grpc::Status status = tokens_->WhoAmI(As(secret).get(), {}, &reply);
    return {status, reply};
  }

  // "action object outcome", newest first, once there are so many.
  std::vector<std::string> Audit(int at_least) {
    v1::ListAuditRequest request;
    request.set_every_fleet(true);
    v1::ListAuditReply reply;
    EXPECT_TRUE(testing::WaitUntil([&] {
      reply.Clear();
      EXPECT_TRUE(audit_->List(Context().get(), request, &reply).ok());
      return reply.entries_size() >= at_least;
    }));
    entries_.assign(reply.entries().begin(), reply.entries().end());
    std::vector<std::string> lines;
    for (const v1::AuditEntry& entry : entries_) {
      lines.push_back(entry.principal() + " " + entry.action() + " " + entry.object() + " " +
                      v1::AuditOutcome_Name(entry.outcome()) + " " + entry.detail());
    }
    return lines;
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Tokens::Stub> tokens_;
  std::unique_ptr<v1::Audit::Stub> audit_;
  std::vector<v1::AuditEntry> entries_;
};

TEST_F(AccessTest, ATokenIsGoodAtOnceAndUntilItIsRevokedAndOverRestarts) {
  const auto [status, created] = Create("ci", v1::ROLE_RUNNER);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(created.token().created_by(), "bootstrap");
  const auto [known, who] = WhoIs(created.secret());
  ASSERT_TRUE(known.ok()) << known.error_message();
  EXPECT_EQ(who.name(), "ci");
  EXPECT_EQ(who.token(), created.token().id());
  EXPECT_EQ(who.role(), v1::ROLE_RUNNER);
  EXPECT_EQ(who.fleet(), "default");
  Restart();
  Connect();
  EXPECT_TRUE(WhoIs(created.secret()).first.ok());
  ASSERT_TRUE(Revoke("ci").ok());
  EXPECT_EQ(WhoIs(created.secret()).first.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(WhoIs(testing::ReadWholeFile(files_.client_token)).first.ok());
}

TEST_F(AccessTest, TheSecretIsStoredNowhere) {
  const std::string secret = Create("ci").second.secret();
  ASSERT_THAT(secret, SizeIs(47));
  Audit(1);
  coordinator_.reset();
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory_.path())) {
    if (!file.is_regular_file()) continue;
    EXPECT_THAT(testing::ReadWholeFile(file.path().string()), Not(HasSubstr(secret.substr(4)))) << file.path();
  }
}

TEST_F(AccessTest, RefusesTokensThatMakeNoSense) {
  EXPECT_EQ(Create("no spaces").first.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Create("ci", v1::ROLE_UNSPECIFIED).first.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Create("ci", v1::ROLE_VIEWER, absl::Seconds(1)).first.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Create("ci", v1::ROLE_VIEWER, absl::Hours(24 * 400)).first.error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  ASSERT_TRUE(Create("ci").first.ok());
  EXPECT_EQ(Create("ci").first.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(Revoke("other").error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(AccessTest, AWatchEndsWhenItsTokenIsRevoked) {
  const std::string secret = Create("ci").second.secret();
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  agent.SayHello();
  const std::string job = Submit().second.job();
  const v1::Assignment assignment = agent.Await(v1::CoordinatorMessage::kAssignment).assignment();
  v1::WatchJobRequest request;
  request.set_job(job);
  const auto context = As(secret);
  const auto reader = jobs_->Watch(context.get(), request);
  v1::JobEvent event;
  ASSERT_TRUE(reader->Read(&event));
  ASSERT_TRUE(Revoke("ci").ok());
  agent.Complete(assignment, "gate/health");
  while (reader->Read(&event)) EXPECT_NE(event.job().verdict(), "passed");
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(AccessTest, TakesDownWhoChangedWhatAndWhoWasNotLet) {
  const std::string viewer = Create("eve").second.secret();
  const std::string job = Submit("nightly").second.job();
  v1::CancelJobRequest cancel;
  cancel.set_job(job);
  v1::Job reply;
  EXPECT_EQ(jobs_->Cancel(As(viewer).get(), cancel, &reply).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(jobs_->Cancel(Context().get(), cancel, &reply).ok());
  v1::GetJobRequest get;
  get.set_job(job);
  EXPECT_TRUE(jobs_->Get(As(viewer).get(), get, &reply).ok()) << "what is only looked at is not taken down";
  get.set_fleet("blue");
  EXPECT_FALSE(jobs_->Get(As(viewer).get(), get, &reply).ok());
  EXPECT_FALSE(jobs_->Get(As("wrong").get(), get, &reply).ok());
  EXPECT_FALSE(Submit("", [](v1::SubmitHeader& header) { header.mutable_bundle()->set_digest("00"); }).first.ok());
  ASSERT_TRUE(Revoke("eve").ok());
  const std::vector<std::string> lines = Audit(8);
  EXPECT_THAT(lines, SizeIs(8));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("bootstrap tokens.create t-"), HasSubstr(" eve "), HasSubstr("_DONE"))));
  EXPECT_THAT(lines, Contains("bootstrap runs.submit " + job + " AUDIT_OUTCOME_DONE "));
  EXPECT_THAT(lines, Contains(HasSubstr("eve runs.cancel " + job + " AUDIT_OUTCOME_DENIED runs.cancel needs")));
  EXPECT_THAT(lines, Contains("bootstrap runs.cancel " + job + " AUDIT_OUTCOME_DONE "));
  EXPECT_THAT(lines, Contains(HasSubstr("eve runs.get " + job + " AUDIT_OUTCOME_DENIED")));
  EXPECT_THAT(lines, Contains(HasSubstr(" runs.get  AUDIT_OUTCOME_DENIED expected a token")));
  EXPECT_THAT(lines, Contains(HasSubstr("bootstrap runs.submit  AUDIT_OUTCOME_FAILED INVALID_ARGUMENT")));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("tokens.revoke"), HasSubstr(" eve "), HasSubstr("_DONE"))));
  for (const v1::AuditEntry& entry : entries_) {
    EXPECT_THAT(entry.peer(), HasSubstr("127.0.0.1"));
    EXPECT_EQ(entry.principal() == "eve", !entry.token().empty()) << entry.principal();
  }
}

TEST_F(AccessTest, NamesWhoSubmittedAndWhoCancelledByTheirTokens) {
  const auto by = [](const std::string& client) {
    return [client](v1::SubmitHeader& header) { header.set_submitter(client); };
  };
  const std::string ada = Create("ada", v1::ROLE_RUNNER).second.secret();
  const std::string job = Submit("", by("eve (uid-0@ci)"), As(ada)).second.job();
  EXPECT_EQ(Get(job).second.submitter(), "ada (eve (uid-0@ci))") << "what a client says is no name of a token";
  EXPECT_EQ(Get(Submit("", by(""), As(ada)).second.job()).second.submitter(), "ada");
  EXPECT_EQ(Get(Submit("", by("uid-0@ci")).second.job()).second.submitter(), "uid-0@ci") << "no token names anybody";
  v1::CancelJobRequest cancel;
  cancel.set_job(job);
  cancel.set_reason("enough");
  cancel.set_by("uid-0@ci");
  v1::Job reply;
  ASSERT_TRUE(jobs_->Cancel(As(ada).get(), cancel, &reply).ok());
  EXPECT_THAT(Get(job).second.reasons(), Contains("cancelled: enough, by ada (uid-0@ci)"));
}

TEST_F(AccessTest, TakesDownWhyARunWasRefusedAndNoCredentialOfIt) {
  v1::SetPolicyRequest policy;
  policy.set_policy("version: wsfleet/v1\ntargets: [{host: chat.example.com}]\n");
  v1::SetPolicyReply set;
  ASSERT_TRUE(fleets_->SetPolicy(Context().get(), policy, &set).ok());
  EXPECT_EQ(Submit("nightly").first.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_FALSE(Submit("", [](v1::SubmitHeader& header) {
                 header.mutable_selection()->set_grep("password=canary-4713 \x1b[31m(");
               }).first.ok());
  EXPECT_EQ(Create("x y").first.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const std::vector<std::string> lines = Audit(4);
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("bootstrap runs.submit run key nightly AUDIT_OUTCOME_DENIED gate.wsf"),
                                    HasSubstr("127.0.0.1:1"), HasSubstr("the policy of fleet default"))));
  EXPECT_THAT(lines, Contains(HasSubstr("runs.submit  AUDIT_OUTCOME_FAILED INVALID_ARGUMENT: ")));
  EXPECT_THAT(lines, Contains(HasSubstr("tokens.create x y AUDIT_OUTCOME_FAILED INVALID_ARGUMENT: ")));
  for (const std::string& line : lines) {
    EXPECT_THAT(line, Not(AnyOf(HasSubstr("canary"), HasSubstr("\n"), HasSubstr("\x1b")))) << line;
  }
}

TEST_F(AccessTest, ListsTheAuditLogInPagesAndByTime) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Create("t" + std::to_string(i)).first.ok());
  Audit(5);
  v1::ListAuditRequest request;
  request.set_page_size(2);
  std::vector<std::string> seen;
  do {
    v1::ListAuditReply reply;
    ASSERT_TRUE(audit_->List(Context().get(), request, &reply).ok());
    EXPECT_LE(reply.entries_size(), 2);
    for (const v1::AuditEntry& entry : reply.entries()) seen.push_back(entry.object());
    request.set_page_token(reply.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(seen, SizeIs(5));
  EXPECT_THAT(seen.front(), HasSubstr("t4"));
  *request.mutable_since() = wire::ToWire(absl::Now() + absl::Hours(1));
  v1::ListAuditReply none;
  ASSERT_TRUE(audit_->List(Context().get(), request, &none).ok());
  EXPECT_EQ(none.entries_size(), 0);
  request.set_page_token("x");
  EXPECT_EQ(audit_->List(Context().get(), request, &none).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(AccessTest, ShowsAFleetsOwnLogToItsAdminAndEveryOneToNoneOfThem) {
  const std::string admin = Create("ada", v1::ROLE_ADMIN).second.secret();
  v1::ListAuditRequest request;
  v1::ListAuditReply reply;
  EXPECT_TRUE(audit_->List(As(admin).get(), request, &reply).ok());
  request.set_every_fleet(true);
  EXPECT_EQ(audit_->List(As(admin).get(), request, &reply).error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(AccessTest, ShowsACallerItsOwnFleetOnly) {
  v1::CreateFleetRequest blue;
  blue.set_fleet("blue");
  v1::CreateFleetReply created;
  ASSERT_TRUE(fleets_->CreateFleet(Context().get(), blue, &created).ok());
  const std::string viewer = Create("eve").second.secret();
  v1::ListFleetsReply reply;
  ASSERT_TRUE(fleets_->ListFleets(As(viewer).get(), {}, &reply).ok());
  ASSERT_THAT(reply.fleets(), SizeIs(1));
  EXPECT_EQ(reply.fleets(0).fleet(), "default");
}

}  // namespace
}  // namespace wsfleet::coordinator
