#include "agent/renewal.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/agent/issued_certificate.h"
#include "tests/unit/agent/scripted_coordinator.h"
#include "wsfleet/v1/enrolment.grpc.pb.h"

namespace wsfleet::agent {
namespace {

using ::testing::HasSubstr;

const AgentName kName{FleetName("default"), RegionName("eu-west-1"), PoolName("edge"), "host-0"};

TEST(RenewalTime, IsAtTwoThirdsOfTheLifeAndSomewhatEarlier) {
  const absl::Time from = absl::UnixEpoch();
  const CertificateFacts facts{std::nullopt, from, from + absl::Hours(60)};
  EXPECT_EQ(RenewalTime(facts, 0), from + absl::Hours(40));
  EXPECT_EQ(RenewalTime(facts, 1), from + absl::Hours(37));
}

// The own authority lets a certificate begin half of its life before it is made, a day at most.
TEST(RenewalTime, IsWhenHalfOfTheLifeIsOverAndOfAnAuthoritysLongerLifeBeforeTwoThirdsAre) {
  const absl::Time made = absl::UnixEpoch();
  const auto facts = [&](absl::Duration life) {
    return CertificateFacts{std::nullopt, made - std::min(absl::Hours(24), life / 2), made + life};
  };
  for (const absl::Duration life : {absl::Minutes(1), absl::Hours(24), absl::Hours(48)}) {
    EXPECT_EQ(RenewalTime(facts(life), 0), made + life / 2) << life;
  }
  EXPECT_EQ(RenewalTime(facts(absl::Hours(24)), 1), made + absl::Hours(10) + absl::Minutes(12));
  const absl::Duration long_life = absl::Hours(24 * 90);
  EXPECT_GT(RenewalTime(facts(long_life), 1), made + long_life / 2);
  EXPECT_LT(RenewalTime(facts(long_life), 0), made + long_life * 2 / 3);
}

// Gives certificates of this life, or refuses.
class Issuer final : public v1::Renewal::Service {
 public:
  grpc::Status Renew(grpc::ServerContext*, const v1::RenewRequest* request, v1::EnrolReply* reply) override {
    if (!refusal.ok()) return refusal;
    const absl::Time now = absl::Now();
    reply->set_certificate_chain(IssuedCertificate(request->request(), {AgentUri(kName)}, now, now + absl::Hours(1)));
    reply->set_trusted("the new root");
    return grpc::Status::OK;
  }
  std::shared_ptr<grpc::Channel> Dial() const { return server_.Dial(); }
  void Stop() { server_.Stop(); }

  grpc::Status refusal;

 private:
  LoopbackServer server_{*this};
};

class RenewalTest : public ::testing::Test {
 protected:
  // Of whole seconds: a certificate has no others.
  void HoldsCertificate(absl::Duration age, absl::Duration left) {
    const absl::Time now = absl::Now();
    ASSERT_TRUE(identity_.Store(IssuedCertificate(identity_.key(), {AgentUri(kName)}, now - age, now + left), "").ok());
  }
  // Until one of the handlers was called.
  void Run() {
    Renewal renewal(strand_, identity_, [this] { return issuer_.Dial(); },
                    {.on_renewed =
                         [&] {
                           ++renewed_;
                           renewal.Stop([this] { strand_.stop(); });
                         },
                     .on_lost =
                         [&](const absl::Status& why) {
                           lost_ = why;
                           renewal.Stop([this] { strand_.stop(); });
                         }});
    renewal.Start();
    auto work = boost::asio::make_work_guard(strand_);
    strand_.run();
  }
  std::string why() const { return std::string(ToStd(lost_.message())); }

  testing::TemporaryDirectory directory_;
  Identity identity_ = Identity::Open((directory_.path() / "identity").string()).value();
  Issuer issuer_;
  boost::asio::io_context strand_{1};
  int renewed_ = 0;
  absl::Status lost_;
};

TEST_F(RenewalTest, StoresWhatItGets) {
  HoldsCertificate(absl::Seconds(100), absl::Seconds(10));
  Run();
  EXPECT_EQ(renewed_, 1);
  EXPECT_GT(identity_.certificate()->until, absl::Now() + absl::Minutes(50));
  EXPECT_EQ(identity_.trusted(), "the new root");
}

TEST_F(RenewalTest, EndsAtOnceIfItIsRefused) {
  issuer_.refusal = {grpc::StatusCode::PERMISSION_DENIED, "agent edge.host-0 was revoked"};
  HoldsCertificate(absl::Seconds(100), absl::Seconds(10));
  Run();
  EXPECT_TRUE(absl::IsPermissionDenied(lost_));
  EXPECT_THAT(why(), HasSubstr("is not renewed: agent edge.host-0 was revoked"));
}

TEST_F(RenewalTest, TriesUntilTheCertificateExpiresAndSaysWhatFailed) {
  issuer_.refusal = {grpc::StatusCode::UNAVAILABLE, "the disk is full"};
  HoldsCertificate(absl::Seconds(100), absl::Seconds(2));
  Run();
  EXPECT_GE(absl::Now(), identity_.certificate()->until);
  EXPECT_TRUE(absl::IsUnauthenticated(lost_));
  EXPECT_THAT(why(), HasSubstr("expired at"));
  EXPECT_THAT(why(), HasSubstr("the disk is full"));
}

}  // namespace
}  // namespace wsfleet::agent
