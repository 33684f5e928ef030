#include "core/policy/loopback.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(Loopback, IsWhatNobodyElseReaches) {
  for (const char* address : {"127.0.0.1:0", "127.1.2.3:7420", "localhost:1", "[::1]:7420", "[::ffff:127.0.0.1]:1"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
  }
  for (const char* address : {"127.host.example:7420", "127.0.0.1.example.com:1", "127.1:1", "localhost.example.com:1",
                              "0.0.0.0:1", "[::]:1", "[::1%1]:1", "10.0.0.1:1", "", ":1", "[]:1"}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
  EXPECT_TRUE(IsLoopbackHost("127.0.0.1"));
  EXPECT_FALSE(IsLoopbackHost("127.evil.example"));
}

}  // namespace
}  // namespace wsfleet
