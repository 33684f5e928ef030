#include "agent/connection_advice.h"

#include "agent/identity.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/agent/issued_certificate.h"

namespace wsfleet::agent {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromCivil(absl::CivilSecond(2026, 11, 27), absl::UTCTimeZone());

ChannelSecurity WithCertificate() {
  ChannelSecurity security;
  security.certificate = "-----BEGIN CERTIFICATE-----";
  return security;
}

TEST(ConnectionAdvice, NamesTheCertificateThatWasNotGivenWhereTheConnectionIsClosed) {
  const absl::Status closed = absl::UnavailableError("Socket closed");
  EXPECT_THAT(AdviceOn(closed, {}, kNow), HasSubstr("no --identity-dir and no --cert"));
  EXPECT_THAT(AdviceOn(closed, WithCertificate(), kNow), HasSubstr("may not trust this certificate"));
  ChannelSecurity plaintext;
  plaintext.plaintext = true;
  EXPECT_THAT(AdviceOn(closed, plaintext, kNow), HasSubstr("--ca in place of --insecure-plaintext"));
}

TEST(ConnectionAdvice, NamesTheClockWhereTheOwnCertificateIsNotValidByIt) {
  const absl::Status closed = absl::UnavailableError("Socket closed");
  const std::string key = Identity::Open(testing::TemporaryDirectory().path().string())->key();
  ChannelSecurity security;
  security.certificate = IssuedCertificate(key, {}, kNow + absl::Hours(1), kNow + absl::Hours(2));
  EXPECT_THAT(AdviceOn(closed, security, kNow),
              AllOf(HasSubstr("it is 2026-11-27T00:00:00Z"), HasSubstr("valid only from 2026-11-27T01:00:00Z"),
                    HasSubstr("set the clock"), HasSubstr("--enrol")));
  EXPECT_THAT(AdviceOn(closed, security, kNow + absl::Minutes(90)), HasSubstr("may not trust this certificate"));
  EXPECT_THAT(AdviceOn(closed, security, kNow + absl::Hours(3)), HasSubstr("expired at 2026-11-27T02:00:00Z"));
}

TEST(ConnectionAdvice, TellsWhatIsDefinitive) {
  const auto advice = [](const char* message) {
    return std::string(AdviceOn(absl::UnavailableError(message), WithCertificate(), kNow));
  };
  EXPECT_THAT(advice("connect: Connection refused (111)"), HasSubstr("check --coordinator"));
  EXPECT_THAT(advice("tls: certificate verify failed: self-signed"),
              AllOf(HasSubstr("--ca is not the authority"), HasSubstr("clock of this machine (2026-11-27T00:00:00Z)")));
  EXPECT_THAT(advice("Peer name elsewhere is not in peer certificate"), HasSubstr("--server-name"));
  EXPECT_THAT(advice("SSL_ERROR_SSL: error:0A00010B: WRONG_VERSION_NUMBER"), HasSubstr("does not speak TLS"));
}

TEST(ConnectionAdvice, IsSilentWhereTheCoordinatorHasSpoken) {
  EXPECT_THAT(AdviceOn(absl::UnimplementedError(""), {}, kNow), HasSubstr("another listener of the coordinator"));
  EXPECT_THAT(AdviceOn(absl::UnavailableError("it is starting"), {}, kNow), IsEmpty());
  EXPECT_THAT(AdviceOn(absl::CancelledError("closed"), {}, kNow), IsEmpty());
}

}  // namespace
}  // namespace wsfleet::agent
