#include "core/base/credential_names.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(CredentialNames, KnowHeadersInAnySpelling) {
  for (const char* name : {"Authorization", "authorization", "Set-Cookie", "COOKIE", "Proxy-Authorization", "x-api-key",
                           "X_API_KEY", "X-Auth-Token"}) {
    EXPECT_TRUE(IsCredentialHeader(name)) << name;
  }
  for (const char* name : {"server", "x-request-id", "sec-websocket-protocol", "location", ""}) {
    EXPECT_FALSE(IsCredentialHeader(name)) << name;
  }
}

TEST(CredentialNames, AreMoreForParametersThanForMembers) {
  for (const char* name : {"access_token", "clientSecret", "password", "auth", "pwd", "sessionId", "passphrase",
                           "passcode", "csrf", "X-XSRF", "bearer"}) {
    EXPECT_TRUE(IsCredentialName(name)) << name;
    EXPECT_TRUE(IsCredentialParameter(name)) << name;
  }
  for (const char* name : {"key", "sig", "sid", "ticket", "code", "session"}) {
    EXPECT_FALSE(IsCredentialName(name)) << name;
    EXPECT_TRUE(IsCredentialParameter(name)) << name;
  }
  for (const char* name : {"author", "room", "x", ""}) EXPECT_FALSE(IsCredentialParameter(name)) << name;
}

}  // namespace
}  // namespace wsfleet
