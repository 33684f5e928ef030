#include "agent/connection_advice.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

ChannelSecurity WithCertificate() {
  ChannelSecurity security;
  security.certificate = "-----BEGIN CERTIFICATE-----";
  return security;
}

TEST(ConnectionAdvice, NamesTheCertificateThatWasNotGivenWhereTheConnectionIsClosed) {
  const absl::Status closed = absl::UnavailableError("Socket closed");
  EXPECT_THAT(AdviceOn(closed, {}), HasSubstr("no --identity-dir and no --cert"));
  EXPECT_THAT(AdviceOn(closed, WithCertificate()), HasSubstr("may not trust this certificate"));
  ChannelSecurity plaintext;
  plaintext.plaintext = true;
  EXPECT_THAT(AdviceOn(closed, plaintext), HasSubstr("--ca in place of --insecure-plaintext"));
}

TEST(ConnectionAdvice, TellsWhatIsDefinitive) {
  const auto advice = [](const char* message) {
    return std::string(AdviceOn(absl::UnavailableError(message), WithCertificate()));
  };
  EXPECT_THAT(advice("connect: Connection refused (111)"), HasSubstr("check --coordinator"));
  EXPECT_THAT(advice("tls: certificate verify failed: self-signed"), HasSubstr("--ca is not the authority"));
  EXPECT_THAT(advice("Peer name elsewhere is not in peer certificate"), HasSubstr("--server-name"));
  EXPECT_THAT(advice("SSL_ERROR_SSL: error:0A00010B: WRONG_VERSION_NUMBER"), HasSubstr("does not speak TLS"));
}

TEST(ConnectionAdvice, IsSilentWhereTheCoordinatorHasSpoken) {
  EXPECT_THAT(AdviceOn(absl::UnavailableError("it is starting"), {}), IsEmpty());
  EXPECT_THAT(AdviceOn(absl::CancelledError("closed"), {}), IsEmpty());
}

}  // namespace
}  // namespace wsfleet::agent
