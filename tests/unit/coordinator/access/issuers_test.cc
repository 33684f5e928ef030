#include "coordinator/access/issuers.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/sinks/ringbuffer_sink.h"
#include "spdlog/spdlog.h"
#include "tests/support/child_process.h"
#include "tests/support/status_message.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/token_issuer.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using testing::IssuerKey;
using testing::JwkSet;
using testing::Message;
using testing::UrlBase64;
using testing::WaitUntil;

class IssuersTest : public ::testing::Test {
 protected:
  IssuersTest() {
    directory_.Write("keys.json", JwkSet({rsa_.Jwk(), p256_.Jwk()}));
    WriteFile();
    Start();
  }

  void WriteFile(const std::string& more = "", const std::string& role = "runner") {
    directory_.Write("oidc.yaml", fmt::format(R"(version: wsfleet/v1
issuers:
  - name: corp
    issuer: https://id.example
    audience: [wsfleet]
    jwks_file: keys.json
    {}
    roles: [{{group: team, fleet: blue, role: {}}}]
)",
                                              more, role));
  }
  void Start() {
    issuers_.reset();
    KeySource::Pace pace;
    pace.file = pace.retry = absl::Milliseconds(20);
    // Where one is missing, the file was not read a moment ago.
    pace.missing = absl::ZeroDuration();
    auto started = Issuers::Start({(directory_.path() / "oidc.yaml").string(), absl::Milliseconds(20), pace});
    ASSERT_TRUE(started.ok()) << started.status();
    issuers_ = *std::move(started);
  }

  static std::string Claims(const std::string& issuer = "https://id.example") {
    return fmt::format(R"({{"iss":"{}","aud":"wsfleet","sub":"17","groups":["team"],"exp":{}}})", issuer,
                       absl::ToUnixSeconds(absl::Now()) + 600);
  }
  absl::StatusOr<Caller> Find(const std::string& token) const { return issuers_->Find(token, absl::Now()); }
  std::string Problem(const std::string& token) const { return Message(Find(token).status()); }

  const IssuerKey rsa_{IssuerKey::Type::kRsa, "r"}, p256_{IssuerKey::Type::kP256, "e"};
  testing::TemporaryDirectory directory_;
  std::unique_ptr<Issuers> issuers_;
};

TEST_F(IssuersTest, KnowWhoPresentsATokenOfOneOfThem) {
  for (const IssuerKey* key : {&rsa_, &p256_}) {
    const auto caller = Find(key->Token(Claims()));
    ASSERT_TRUE(caller.ok()) << caller.status();
    EXPECT_EQ(caller->name, "17 (corp)");
    EXPECT_EQ(caller->identity, "https://id.example 17");
    EXPECT_EQ(caller->grants, Grants(FleetName("blue"), Role::kRunner));
    EXPECT_TRUE(caller->token.empty());
    EXPECT_TRUE(issuers_->Recheck(caller->verified, absl::Now()).ok());
  }
}

TEST_F(IssuersTest, TakeNoTokenThatTheirKeysHaveNotSigned) {
  const IssuerKey forger(IssuerKey::Type::kRsa, "r");
  EXPECT_THAT(Problem(forger.Token(Claims())), HasSubstr("whose signature is not that of issuer \"corp\""));
  const std::string own_key = fmt::format(R"({{"alg":"RS256","kid":"r","jwk":{}}})", forger.Jwk());
  EXPECT_THAT(Problem(forger.Token(own_key, Claims())), HasSubstr("whose signature is not that"));
  EXPECT_THAT(Problem(rsa_.Token(Claims("https://other.example"))), HasSubstr("none of those that it knows"));
  EXPECT_THAT(Problem(rsa_.Token(R"({"alg":"RS256"})", Claims())), HasSubstr("and there are several"));
  EXPECT_THAT(Problem(p256_.Token(R"({"alg":"ES256","kid":"r"})", Claims())),
              HasSubstr("key is for another algorithm"));
  EXPECT_THAT(Problem(p256_.Token(R"({"alg":"RS256","kid":"r"})", Claims())), HasSubstr("whose signature is not that"));
  // A public key that is taken for a shared secret.
  const std::string input = UrlBase64(R"({"alg":"HS256","kid":"r"})") + "." + UrlBase64(Claims());
  EXPECT_THAT(Problem(input + "." + UrlBase64(testing::HmacSha256(rsa_.PublicPem(), input))),
              HasSubstr("with algorithm \"HS256\""));
  // Claims of one token, signature of another.
  const std::string one = rsa_.Token(Claims()), other = rsa_.Token(R"({"iss":"https://id.example","sub":"admin"})");
  EXPECT_THAT(Problem(other.substr(0, other.rfind('.')) + one.substr(one.rfind('.'))), HasSubstr("signature"));
  EXPECT_THAT(Problem(one.substr(0, one.rfind('.') + 1)), HasSubstr("without a signature"));
}

TEST_F(IssuersTest, HoldAnIssuerToItsAlgorithms) {
  WriteFile("algorithms: [ES256]");
  Start();
  EXPECT_TRUE(Find(p256_.Token(Claims())).ok());
  EXPECT_THAT(Problem(rsa_.Token(Claims())), HasSubstr("signed by RS256, which issuer \"corp\" does not sign by"));
}

TEST_F(IssuersTest, LookForAKeyThatIsNewAndForgetOneThatIsWithdrawn) {
  const auto before = Find(rsa_.Token(Claims()));
  ASSERT_TRUE(before.ok());
  const IssuerKey next(IssuerKey::Type::kRsa, "next");
  EXPECT_TRUE(absl::IsUnavailable(Find(next.Token(Claims())).status())) << "its keys are read again first";
  directory_.Write("keys.json", JwkSet({next.Jwk()}));
  EXPECT_TRUE(WaitUntil([&] { return Find(next.Token(Claims())).ok(); }));
  const auto again = issuers_->Recheck(before->verified, absl::Now());
  EXPECT_TRUE(absl::IsUnauthenticated(again.status()));
  EXPECT_THAT(Message(again.status()), HasSubstr("has withdrawn"));
}

TEST_F(IssuersTest, FollowTheirFileAlsoForWhoeverWasLetInBefore) {
  const auto caller = Find(rsa_.Token(Claims()));
  ASSERT_TRUE(caller.ok());
  WriteFile("", "viewer");
  EXPECT_TRUE(WaitUntil([&] {
    return issuers_->Recheck(caller->verified, absl::Now())->grants == Grants(FleetName("blue"), Role::kViewer);
  }));
  WriteFile("algorithms: [ES256]");
  EXPECT_TRUE(WaitUntil([&] {
    return Message(issuers_->Recheck(caller->verified, absl::Now()).status()).find("does not sign by") !=
           std::string::npos;
  }));
  WriteFile("max_life: 1m");
  EXPECT_TRUE(WaitUntil([&] { return !issuers_->Recheck(caller->verified, absl::Now()).ok(); }));
}

TEST_F(IssuersTest, StayAsTheyAreWhenTheirFileBecomesWrong) {
  issuers_.reset();  // nobody logs meanwhile
  const auto log = std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(100);
  spdlog::default_logger()->sinks().push_back(log);
  Start();
  directory_.Write("oidc.yaml", "version: wsfleet/v1\nissuers: nobody\n");
  EXPECT_TRUE(WaitUntil([&] {
    const std::vector<std::string> lines = log->last_formatted();
    return std::ranges::any_of(lines, [](const auto& line) { return line.find("found \"nobody\"") != line.npos; });
  }));
  EXPECT_TRUE(Find(rsa_.Token(Claims())).ok());
  issuers_.reset();
  spdlog::default_logger()->sinks().pop_back();
}

TEST_F(IssuersTest, HonourTheEndOfATokenByTheTimeThatTheyAreTold) {
  const std::string token = rsa_.Token(Claims());
  const auto caller = Find(token);
  ASSERT_TRUE(caller.ok());
  const absl::Time later = caller->expires + absl::Seconds(31);
  EXPECT_TRUE(absl::IsUnauthenticated(issuers_->Find(token, later).status()));
  EXPECT_TRUE(absl::IsUnauthenticated(issuers_->Recheck(caller->verified, later).status()));
  EXPECT_TRUE(issuers_->Recheck(caller->verified, caller->expires).ok()) << "within the leeway";
}

TEST_F(IssuersTest, AreNotStartedWithAFileThatIsWrong) {
  WriteFile("algoritms: [ES256]");
  const auto started = Issuers::Start({.file = (directory_.path() / "oidc.yaml").string()});
  EXPECT_TRUE(absl::IsInvalidArgument(started.status()));
  EXPECT_THAT(Message(started.status()),
              ::testing::AllOf(HasSubstr("oidc.yaml:7:5"), HasSubstr("did you mean \"algorithms\"?")));
  EXPECT_TRUE(absl::IsNotFound(Issuers::Start({.file = "/nowhere/oidc.yaml"}).status()));
}

}  // namespace
}  // namespace wsfleet::coordinator
