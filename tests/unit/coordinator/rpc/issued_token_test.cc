#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/unit/coordinator/issuer_fixture.h"
#include "wsfleet/v1/access.grpc.pb.h"

// Tokens of other issuers, over the wire.
namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class IssuedTokenTest : public IssuerTest {
 protected:
  IssuedTokenTest() {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = testing::ReadWholeFile(files_.ca);
    const auto channel = grpc::CreateChannel(coordinator_->client_address(), grpc::SslCredentials(tls));
    tokens_ = v1::Tokens::NewStub(channel);
    audit_ = v1::Audit::NewStub(channel);
  }

  std::pair<grpc::Status, v1::WhoAmIReply> WhoIs(const std::string& token) {
    v1::WhoAmIReply reply;
    const grpc::Status status = tokens_->WhoAmI(As(token).get(), {}, &reply);
    return {status, reply};
  }
  // Of every fleet, once there are so many.
  std::vector<v1::AuditEntry> Audit(int at_least) {
    v1::ListAuditRequest request;
    request.set_every_fleet(true);
    v1::ListAuditReply reply;
    EXPECT_TRUE(testing::WaitUntil([&] {
      reply.Clear();
      EXPECT_TRUE(audit_->List(As(Issue(R"(["owner"])")).get(), request, &reply).ok());
      return reply.entries_size() >= at_least;
    }));
    return {reply.entries().begin(), reply.entries().end()};
  }

  std::unique_ptr<v1::Tokens::Stub> tokens_;
  std::unique_ptr<v1::Audit::Stub> audit_;
};

TEST_F(IssuedTokenTest, SaysWhoSomebodyIsAndAllThatTheyMayDo) {
  const auto [status, who] = WhoIs(Issue(R"(["viewer","blue","others"])"));
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(who.name(), "ann@example (corp)");
  EXPECT_EQ(who.identity(), "https://id.example 17");
  EXPECT_EQ(who.token(), "");
  ASSERT_THAT(who.roles(), SizeIs(2));
  EXPECT_EQ(who.roles(0).fleet(), "blue");
  EXPECT_EQ(who.roles(1).fleet(), "default");
  EXPECT_EQ(who.fleet(), "blue") << "where they have the highest";
  EXPECT_EQ(who.role(), v1::ROLE_RUNNER);
  EXPECT_TRUE(who.has_expires());
  const auto owner = WhoIs(Issue(R"(["owner","viewer"])")).second;
  EXPECT_EQ(owner.fleet(), "");
  EXPECT_EQ(owner.role(), v1::ROLE_ADMIN);
}

TEST_F(IssuedTokenTest, OfNoGroupWithARoleIsDeniedAndTakenDownWithWhoItIs) {
  const grpc::Status status = WhoIs(Issue(R"(["others"])")).first;
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(status.error_message(), HasSubstr("\"ann@example (corp)\" has no role"));
  const auto entries = Audit(1);
  EXPECT_EQ(entries.at(0).outcome(), v1::AUDIT_OUTCOME_DENIED);
  EXPECT_EQ(entries.at(0).principal(), "ann@example (corp)");
  EXPECT_EQ(entries.at(0).identity(), "https://id.example 17");
}

TEST_F(IssuedTokenTest, IsTakenDownWithEachChange) {
  v1::CreateTokenRequest request;
  request.set_name("ci");
  request.set_role(v1::ROLE_VIEWER);
  v1::CreateTokenReply created;
  const std::string admin = Issue(R"("admin")");
  ASSERT_TRUE(tokens_->Create(As(admin).get(), request, &created).ok());
  EXPECT_EQ(created.token().created_by(), "ann@example (corp)");
  const auto entries = Audit(1);
  EXPECT_EQ(entries.at(0).action(), "tokens.create");
  EXPECT_EQ(entries.at(0).identity(), "https://id.example 17");
  EXPECT_EQ(entries.at(0).token(), "");
  coordinator_.reset();
  EXPECT_THAT(testing::ReadWholeFile(options_.store), Not(HasSubstr(admin.substr(admin.rfind('.') + 1))));
}

TEST_F(IssuedTokenTest, IsRefusedWithAReasonThatSaysWhatToDo) {
  const grpc::Status expired = WhoIs(Issue(R"(["viewer"])", absl::Seconds(-5))).first;
  EXPECT_EQ(expired.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(expired.error_message(), HasSubstr("found a JWT of issuer \"corp\" that expired at "));
  EXPECT_THAT(expired.error_message(), HasSubstr("get a new one from its issuer"));
  EXPECT_THAT(Audit(1).at(0).detail(), HasSubstr("that expired at"));
  options_.oidc_file.clear();
  Restart();
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = testing::ReadWholeFile(files_.ca);
  tokens_ = v1::Tokens::NewStub(grpc::CreateChannel(coordinator_->client_address(), grpc::SslCredentials(tls)));
  EXPECT_THAT(WhoIs(Issue(R"(["viewer"])")).first.error_message(), HasSubstr("it knows no issuers (--oidc)"));
}

TEST_F(IssuedTokenTest, MayBeAsLargeAsItsLimit) {
  EXPECT_TRUE(WhoIs(Issue(fmt::format(R"(["viewer","{}"])", std::string(11 << 10, 'g')))).first.ok());
  const grpc::Status large = WhoIs(Issue(fmt::format(R"(["viewer","{}"])", std::string(13 << 10, 'g')))).first;
  EXPECT_EQ(large.error_code(), grpc::StatusCode::UNAUTHENTICATED) << large.error_message();
  EXPECT_FALSE(WhoIs(Issue(fmt::format(R"(["viewer","{}"])", std::string(1 << 20, 'g')))).first.ok());
  // That ended the connection, and no other one.
  EXPECT_TRUE(testing::WaitUntil([&] { return WhoIs(Issue(R"(["viewer"])")).first.ok(); }));
}

TEST_F(IssuedTokenTest, EndsAWatchWhenItExpires) {
  v1::WatchJobRequest request;
  request.set_job(Submit().second.job());
  const std::string token = Issue(R"(["viewer"])", absl::Seconds(5));
  const auto context = As(token);
  const auto reader = jobs_->Watch(context.get(), request);
  v1::JobEvent event;
  ASSERT_TRUE(reader->Read(&event));
  EXPECT_TRUE(testing::WaitUntil([&] { return WhoIs(token).first.error_code() == grpc::StatusCode::UNAUTHENTICATED; }));
  // Only now there is something to tell.
  ScriptedAgent agent(agents_, "eu-1", "eu-west-1");
  agent.SayHello();
  const v1::Assignment assignment = agent.Await(v1::CoordinatorMessage::kAssignment).assignment();
  agent.Complete(assignment, "gate/health");
  while (reader->Read(&event)) EXPECT_NE(event.job().verdict(), "passed");
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(), HasSubstr("that expired at"));
}

}  // namespace
}  // namespace wsfleet::coordinator
