#include "coordinator/access/agent_record.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::coordinator {
namespace {

AgentAttempt AnEnrolment(absl::Status outcome) {
  return {"agents.enrol", FleetName("blue"),  "ipv4:10.0.0.7:4711", "edge.host-0",
          "0123",         "region=eu-west-1", std::move(outcome)};
}

TEST(AgentRecord, SaysWhoEnrolledWithWhichToken) {
  const auto record = RecordOf(AnEnrolment(absl::OkStatus()), absl::UnixEpoch());
  ASSERT_TRUE(record);
  EXPECT_EQ(record->principal, "join-token 0123");
  EXPECT_EQ(record->object, "edge.host-0");
  EXPECT_EQ(record->action, "agents.enrol");
  EXPECT_EQ(record->fleet, FleetName("blue"));
  EXPECT_EQ(record->peer, "ipv4:10.0.0.7:4711");
  EXPECT_EQ(record->outcome, AuditOutcome::kDone);
  EXPECT_EQ(record->detail, "region=eu-west-1");
}

TEST(AgentRecord, HasTheReasonOfARefusalAndNoPrincipal) {
  for (const absl::Status& refusal :
       {absl::PermissionDeniedError("revoked"), absl::UnauthenticatedError("no join token 0123 with this secret"),
        absl::FailedPreconditionError("was used up"), absl::InvalidArgumentError("no request")}) {
    const auto record = RecordOf(AnEnrolment(refusal), absl::UnixEpoch());
    ASSERT_TRUE(record) << refusal;
    EXPECT_EQ(record->principal, "") << "an id that somebody says is not yet who they are";
    EXPECT_EQ(record->outcome, AuditOutcome::kDenied);
    EXPECT_EQ(record->detail, refusal.message());
  }
}

TEST(AgentRecord, IsNoneOfWhatFailedHere) {
  EXPECT_FALSE(RecordOf(AnEnrolment(absl::UnavailableError("the store is away")), absl::UnixEpoch()));
  EXPECT_FALSE(RecordOf(AnEnrolment(absl::InternalError("no random bytes")), absl::UnixEpoch()));
}

}  // namespace
}  // namespace wsfleet::coordinator
