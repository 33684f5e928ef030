#include "core/secret/missing_secret.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(MissingSecret, IsSaidWithWhatItsReaderCanDo) {
  EXPECT_EQ(WhyMissing("KEY", {}, false),
            "secret KEY was not given, and neither coordinator nor agent keeps it for this fleet; pass --secret KEY");
  EXPECT_EQ(WhyMissing("KEY", {{"OTHER", "the coordinator"}}, true),
            "secret KEY was not given, and neither coordinator nor agent keeps it for this fleet; write secrets: {KEY: "
            "env:KEY} below `run` in the schedule's file, and apply it");
}

TEST(MissingSecret, ThatIsKeptAndCannotBeReadIsNotSaidToBeKeptNowhere) {
  EXPECT_EQ(
      WhyMissing("KEY", {{"KEY", "the coordinator"}}, false),
      "secret KEY was not given; the coordinator keeps it for this fleet, but could not read it, and its log says "
      "why");
}

}  // namespace
}  // namespace wsfleet
