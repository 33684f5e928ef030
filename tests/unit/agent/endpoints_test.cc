#include "agent/endpoints.h"

#include <string>
#include <vector>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"

namespace wsfleet::agent {
namespace {

v1::Redirect To(const std::string& address, std::uint64_t epoch) {
  v1::Redirect redirect;
  redirect.set_address(address);
  redirect.set_ownership_epoch(epoch);
  return redirect;
}

const SteadyTime kAsked = SteadyTime() + absl::Hours(1);

Endpoints Three() {
  return Endpoints({"a:1", "b:1", "c:1"}, [](const std::string& address) {
    return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  });
}

TEST(Endpoints, AreTriedInTurn) {
  Endpoints endpoints = Three();
  EXPECT_EQ(endpoints.address(), "a:1");
  for (const char* next : {"b:1", "c:1", "a:1"}) {
    endpoints.Next();
    EXPECT_EQ(endpoints.address(), next);
  }
}

TEST(Endpoints, KeepTheirStubs) {
  Endpoints endpoints = Three();
  const auto* first = &endpoints.stub();
  endpoints.Next();
  EXPECT_NE(&endpoints.stub(), first);
  endpoints.Next();
  endpoints.Next();
  EXPECT_EQ(&endpoints.stub(), first);
}

TEST(Endpoints, DialAnewWhatMayBeDead) {
  std::vector<std::string> dialled;
  Endpoints endpoints({"a:1", "b:1"}, [&](const std::string& address) {
    dialled.push_back(address);
    return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  });
  endpoints.stub();
  endpoints.stub();
  endpoints.Redial();
  endpoints.stub();
  endpoints.Next();
  endpoints.stub();
  EXPECT_EQ(dialled, (std::vector<std::string>{"a:1", "a:1", "b:1"}));
}

TEST(Endpoints, FollowRisingEpochsForThreeHops) {
  Endpoints endpoints = Three();
  EXPECT_TRUE(endpoints.Follow(To("b:1", 4), kAsked));
  EXPECT_EQ(endpoints.address(), "b:1");
  EXPECT_FALSE(endpoints.Follow(To("a:1", 3), kAsked));
  EXPECT_FALSE(endpoints.Follow(To("a:1", 4), kAsked));
  EXPECT_EQ(endpoints.address(), "b:1");
  EXPECT_TRUE(endpoints.Follow(To("c:1", 5), kAsked));
  EXPECT_TRUE(endpoints.Follow(To("d:1", 6), kAsked));
  EXPECT_FALSE(endpoints.Follow(To("e:1", 7), kAsked));
  endpoints.OnSession();
  EXPECT_TRUE(endpoints.Follow(To("e:1", 7), kAsked));
}

TEST(Endpoints, AskWhoSentThemToADeadOwnerOnceMore) {
  Endpoints endpoints = Three();
  endpoints.Next();
  ASSERT_TRUE(endpoints.Follow(To("a:1", 4), kAsked));
  endpoints.Next();
  EXPECT_EQ(endpoints.address(), "b:1");
  // It does not know better yet.
  ASSERT_TRUE(endpoints.Follow(To("a:1", 4), kAsked));
  endpoints.Next();
  EXPECT_EQ(endpoints.address(), "c:1");
}

TEST(Endpoints, FollowAgainToTheSameOwnerAfterTheyCameFromElsewhere) {
  Endpoints endpoints = Three();
  ASSERT_TRUE(endpoints.Follow(To("b:1", 4), kAsked));
  endpoints.OnSession();
  endpoints.Next();
  EXPECT_EQ(endpoints.address(), "b:1");
  endpoints.Next();
  EXPECT_TRUE(endpoints.Follow(To("b:1", 4), kAsked));
}

// An owner that hangs is the owner until its term has run out, for the replica that takes over too.
TEST(Endpoints, AskWhoSendsThemToASilentOwnerAgainForAWhile) {
  Endpoints endpoints = Three();
  endpoints.OnSession();
  endpoints.OnSilence(kAsked + absl::Seconds(5));
  endpoints.Next();
  for (int second = 0; second < 5; ++second) {
    EXPECT_EQ(endpoints.address(), "b:1");
    EXPECT_FALSE(endpoints.Follow(To("a:1", 4), kAsked + absl::Seconds(second)));
    endpoints.Next();
  }
  EXPECT_TRUE(endpoints.Follow(To("a:1", 4), kAsked + absl::Seconds(5))) << "it may be well again";
  EXPECT_EQ(endpoints.address(), "a:1");
}

TEST(Endpoints, FollowToAnyOtherFromASilentOwner) {
  Endpoints endpoints = Three();
  endpoints.OnSilence(kAsked + absl::Seconds(5));
  endpoints.Next();
  EXPECT_FALSE(endpoints.Follow(To("a:1", 4), kAsked));
  EXPECT_TRUE(endpoints.Follow(To("c:1", 5), kAsked));
  endpoints.OnSession();
  EXPECT_TRUE(endpoints.Follow(To("a:1", 6), kAsked)) << "since there was a session, it is as good as any";
}

TEST(Endpoints, DoNotFollowNowhere) {
  Endpoints endpoints = Three();
  EXPECT_FALSE(endpoints.Follow(To("", 9), kAsked));
}

}  // namespace
}  // namespace wsfleet::agent
