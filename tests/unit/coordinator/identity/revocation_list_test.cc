#include "coordinator/identity/revocation_list.h"

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;

const FleetName kRevoking("default");
const PoolName kPool("edge");

TEST(RevocationList, NamesWhoIsRevokedSinceWhenAndWhy) {
  RevocationList list;
  EXPECT_TRUE(list.Check(kRevoking, kPool, "host-0").ok());
  list.Replace({{kRevoking, kPool, "host-0", "stolen", absl::FromUnixSeconds(1'700'000'000)}});
  const absl::Status refusal = list.Check(kRevoking, kPool, "host-0");
  EXPECT_TRUE(absl::IsPermissionDenied(refusal));
  EXPECT_THAT(std::string(ToStd(refusal.message())),
              HasSubstr("edge.host-0 was revoked at 2023-11-14T22:13:20Z: stolen"));
  EXPECT_TRUE(list.Check(kRevoking, kPool, "host-1").ok());
  EXPECT_TRUE(list.Check(FleetName("blue"), kPool, "host-0").ok());
  EXPECT_TRUE(list.Check(kRevoking, PoolName("lab"), "host-0").ok());
  list.Replace({});
  EXPECT_TRUE(list.Check(kRevoking, kPool, "host-0").ok());
}

TEST(RevocationList, OfAPoolIsOfEveryAgentInIt) {
  RevocationList list;
  list.Replace({{kRevoking, kPool, "", "", absl::UnixEpoch()}});
  EXPECT_TRUE(absl::IsPermissionDenied(list.Check(kRevoking, kPool, "host-0")));
  EXPECT_TRUE(absl::IsPermissionDenied(list.Check(kRevoking, kPool, "host-1")));
  EXPECT_TRUE(list.Check(kRevoking, PoolName("lab"), "host-0").ok());
}

}  // namespace
}  // namespace wsfleet::coordinator
