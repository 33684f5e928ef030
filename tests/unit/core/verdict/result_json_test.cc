#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "core/base/text.h"
#include "core/verdict/result.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/core/verdict/regions.h"

namespace wsfleet {
namespace {

using ::testing::HasSubstr;

CaseResult Full() {
  CaseResult result = testing::Result("one [k=v]", Outcome::kFailed, FailureClass::kClose, Phase::kMessage);
  result.flaky = true;
  result.tries = 3;
  result.sessions = 10;
  result.failed_sessions = 2;
  result.earlier_sessions = EarlierSessions{20, 5};
  result.started = absl::FromUnixMillis(1'800'000'000'123);
  result.duration = absl::Milliseconds(1234);
  result.assertions = 5;
  result.target = "wss://host:443";
  result.target_name = "stage";
  result.revision = "3f9c";
  result.warnings = {"a warning"};
  result.credentials = {{"user", true, "ws://h:80/a"}, {"expired", false, {}}};
  result.proof.connections = 2;
  result.proof.peer_address = "203.0.113.7:443";
  result.proof.bytes_in = 1'000'000'000'000;
  result.proof.timings.upgrade = absl::Microseconds(1500);
  result.proof.attempts = {{"203.0.113.7:443", absl::Milliseconds(3), "refused"}};
  Failure& failure = *result.failure;
  failure.message = "closed";
  failure.range = {"a.wsfleet.yaml", 3, 5, 7};
  failure.step = "ask";
  failure.beyond_limit = true;
  failure.notes = {{"nearest", "frame 7"}};
  failure.evidence.status = 101;
  failure.evidence.headers = {{"server", "x"}};
  failure.evidence.close_code = 1011;
  failure.evidence.close_reason = "overload";
  failure.evidence.transcript = {{absl::Milliseconds(5), true, "text", 3, "abc", "main"}};
  failure.evidence.trace_id = "4bf9";
  failure.evidence.logs = {
      {"file /log", true, {"a", "b"}, ""}, {"loki", false, {}, "not allowed"}, {"GET /logs", false, {"c"}, "", true}};
  result.earlier_failures.assign(2, failure);
  result.earlier_failures[1].message = "no frame";
  return result;
}

TEST(CaseResultJson, IsReadAsItWasWritten) {
  const boost::json::value json = ToJson(Full());
  const auto read = CaseResultFromJson(boost::json::parse(boost::json::serialize(json)));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ToJson(*read), json);
  EXPECT_EQ(read->credentials, Full().credentials);
  EXPECT_EQ(read->failure->evidence.close_code, 1011);
  EXPECT_TRUE(read->failure->beyond_limit);
  EXPECT_EQ(read->failure->evidence.logs, Full().failure->evidence.logs);
  ASSERT_EQ(read->earlier_failures.size(), 2u);
  EXPECT_EQ(read->earlier_sessions->failed, 5u);
  EXPECT_EQ(read->earlier_failures[0].evidence.trace_id, "4bf9");
  EXPECT_EQ(read->earlier_failures[1].message, "no frame");
  EXPECT_EQ(read->proof.timings.upgrade, absl::Microseconds(1500));
  EXPECT_FALSE(read->proof.timings.tls.has_value());
}

TEST(CaseResultJson, IgnoresWhatALaterVersionAdds) {
  boost::json::value json = ToJson(Full());
  json.as_object()["later"] = {{"a", 1}};
  EXPECT_TRUE(CaseResultFromJson(json).ok());
}

TEST(CaseResultJson, OfTheWrongTypeIsRefusedByItsPath) {
  boost::json::value json = ToJson(Full());
  json.as_object()["tries"] = "three";
  const auto read = CaseResultFromJson(json);
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(std::string(ToStd(read.status().message())), HasSubstr("tries"));
  EXPECT_FALSE(CaseResultFromJson(boost::json::value("text")).ok());
}

}  // namespace
}  // namespace wsfleet
