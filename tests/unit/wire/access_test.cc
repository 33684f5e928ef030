#include "gtest/gtest.h"
#include "proto/wire/convert.h"
#include "proto/wire/convert_access.h"

namespace wsfleet::wire {
namespace {

TEST(AccessOnTheWire, EachRoleIsTheSameThereAndBack) {
  for (const Role role : {Role::kViewer, Role::kRunner, Role::kOperator, Role::kAdmin}) {
    EXPECT_EQ(*FromWire(ToWire(role)), role);
  }
}

TEST(AccessOnTheWire, ARoleThatIsNotKnownIsNoRole) {
  EXPECT_TRUE(absl::IsInvalidArgument(FromWire(v1::ROLE_UNSPECIFIED).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(FromWire(static_cast<v1::Role>(99)).status()));
}

TEST(AccessOnTheWire, ATokenGoesWithoutItsDigest) {
  TokenRecord token;
  token.id = TokenId("t-1");
  token.name = "ci";
  token.fleet = FleetName("blue");
  token.role = Role::kRunner;
  token.digest = "00ff-canary";
  token.created = absl::FromUnixSeconds(1);
  token.expires = absl::FromUnixSeconds(2);
  const v1::Token wire = ToWire(token);
  EXPECT_EQ(wire.id(), "t-1");
  EXPECT_EQ(wire.role(), v1::ROLE_RUNNER);
  EXPECT_FALSE(wire.has_revoked());
  EXPECT_EQ(wire.SerializeAsString().find("canary"), std::string::npos);
  token.revoked = absl::FromUnixSeconds(3);
  EXPECT_EQ(FromWire(ToWire(token).revoked()), absl::FromUnixSeconds(3));
}

TEST(AccessOnTheWire, AnAuditRecordKeepsEveryMember) {
  AuditRecord record;
  record.number = 7;
  record.at = absl::FromUnixSeconds(1);
  record.fleet = FleetName("blue");
  record.principal = "ci";
  record.identity = "https://issuer.example 17";
  record.token = TokenId("t-1");
  record.peer = "ipv4:127.0.0.1:1";
  record.action = "runs.cancel";
  record.object = "r-1";
  record.outcome = AuditOutcome::kDenied;
  record.detail = "needs runner";
  const v1::AuditEntry entry = ToWire(record);
  EXPECT_EQ(entry.number(), 7U);
  EXPECT_EQ(FromWire(entry.at()), record.at);
  EXPECT_EQ(entry.fleet() + entry.principal() + entry.token(), "bluecit-1");
  EXPECT_EQ(entry.peer() + entry.action() + entry.object(), "ipv4:127.0.0.1:1runs.cancelr-1");
  EXPECT_EQ(entry.outcome(), v1::AUDIT_OUTCOME_DENIED);
  EXPECT_EQ(entry.detail(), "needs runner");
  EXPECT_EQ(entry.identity(), "https://issuer.example 17");
}

}  // namespace
}  // namespace wsfleet::wire
