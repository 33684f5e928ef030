#include "core/verdict/redactor.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Redactor, TakesEverySecretOut) {
  Redactor redactor({});
  redactor.AddSecret("s3cr3t-value");
  EXPECT_THAT(redactor.Apply("a s3cr3t-value and s3cr3t-value again"), Not(HasSubstr("s3cr3t")));
  EXPECT_EQ(redactor.Apply("nothing to hide"), "nothing to hide");
}

TEST(Redactor, LeavesShortValuesAlone) {
  Redactor redactor({});
  redactor.AddSecret("a");
  EXPECT_EQ(redactor.Apply("a banana"), "a banana");
}

TEST(Redactor, TakesOutWhatTheSuitesExpressionsMatch) {
  const Redactor redactor({"card=[0-9]+"});
  EXPECT_THAT(redactor.Apply("card=4111111111111111 ok"), Not(HasSubstr("4111")));
}

TEST(Redactor, HidesHeadersThatCarryCredentialsWhateverTheyHold) {
  const Redactor redactor({});
  for (const char* name : {"Authorization", "cookie", "Set-Cookie", "Proxy-Authorization"}) {
    EXPECT_THAT(redactor.Apply(HeaderField{name, "anything at all"}).value, Not(HasSubstr("anything"))) << name;
  }
  EXPECT_EQ(redactor.Apply(HeaderField{"Server", "nginx"}).value, "nginx");
}

TEST(Redactor, GoesThroughAllTextOfAFailure) {
  Redactor redactor({});
  redactor.AddSecret("s3cr3t-value");
  Failure failure;
  failure.message = "m s3cr3t-value";
  failure.notes.push_back({"nearest", "n s3cr3t-value"});
  failure.evidence.body_excerpt = "b s3cr3t-value";
  failure.evidence.close_reason = "c s3cr3t-value";
  failure.evidence.headers.push_back({"X-Echo", "h s3cr3t-value"});
  failure.evidence.transcript.push_back({absl::ZeroDuration(), true, "text", 14, "t s3cr3t-value"});
  redactor.Apply(failure);
  for (const std::string& text :
       {failure.message, failure.notes[0].text, failure.evidence.body_excerpt, failure.evidence.close_reason,
        failure.evidence.headers[0].value, failure.evidence.transcript[0].excerpt}) {
    EXPECT_THAT(text, Not(HasSubstr("s3cr3t"))) << text;
  }
}

TEST(Redactor, KnowsASecretThatIsCutOrCameInLines) {
  Redactor redactor({});
  redactor.AddSecret("s3cr3t-value");
  redactor.AddSecret("-----BEGIN KEY-----\nMIIabcdef\n-----END KEY-----\n");
  LogExcerpt log;
  log.lines = {std::string(LogExcerpt::kMaxLineBytes - 6, 'x') + "s3cr3t-value", "key MIIabcdef"};
  redactor.Apply(log);
  EXPECT_THAT(log.lines[0], Not(HasSubstr("s3cr")));
  EXPECT_EQ(log.lines[1], "key [redacted]");
}

TEST(Redactor, TakesWhatLooksLikeACredentialOutOfForeignLogs) {
  Redactor redactor({"order-[0-9]+"});
  redactor.AddSecret("s3cr3t-value");
  LogExcerpt log;
  log.lines = {"GET /ws?token=abc123&x=1 500",       "header eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln end",
               "authorization: Bearer abcdef, next", "{\"api_key\": \"k-1\", \"n\": 1}",
               "it was s3cr3t-value of order-17",    "the token was expired"};
  redactor.Apply(log);
  EXPECT_EQ(log.lines, (std::vector<std::string>{"GET /ws?[redacted]&x=1 500", "header [redacted] end",
                                                 "authorization: [redacted], next", "{\"[redacted]\", \"n\": 1}",
                                                 "it was [redacted] of [redacted]", "the token was expired"}));
}

}  // namespace
}  // namespace wsfleet
