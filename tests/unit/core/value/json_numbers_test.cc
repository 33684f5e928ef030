#include "core/value/json_numbers.h"

#include "boost/json/parse.hpp"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(JsonNumbers, KnowWhichWholeNumberIsHeldAsAnotherOne) {
  for (const char* rounded : {"18446744073709551617", "-9223372036854775809", "12345678901234567890123",
                              "100000000000000000001", "1e999", "-1.5E+400"}) {
    EXPECT_EQ(FirstRoundedNumber(rounded), rounded);
    EXPECT_EQ(FirstRoundedNumber(R"({"a": [1, "x", {"b": )" + std::string(rounded) + R"(}], "c": 1e999})"), rounded);
  }
  for (const char* held : {"0", "-0", "18446744073709551615", "-9223372036854775808", "18446744073709551616",
                           "100000000000000000000", "1e20", "6.02e23", "0.1", "-1.5", "1e-3"}) {
    EXPECT_EQ(FirstRoundedNumber(held), "");
    EXPECT_EQ(FirstRoundedNumber(R"({"a": [)" + std::string(held) + R"(]})"), "");
  }
}

TEST(JsonNumbers, DoNotLookIntoTexts) {
  EXPECT_EQ(FirstRoundedNumber(R"({"12345678901234567890123": "a \" 12345678901234567890123", "b": "\\"})"), "");
  EXPECT_EQ(FirstRoundedNumber(R"("12345678901234567890123)"), "") << "not closed";
  EXPECT_EQ(FirstRoundedNumber(R"("\)"), "");
}

TEST(JsonNumbers, KnowWhatMayBeRounded) {
  EXPECT_TRUE(MayBeRounded(boost::json::parse(R"({"a":[{"b":12345678901234567890123}]})")));
  EXPECT_TRUE(MayBeRounded(boost::json::parse("-1e20")));
  EXPECT_FALSE(MayBeRounded(boost::json::parse(R"({"a":[18446744073709551615,1e15,"1e99",null]})")));
}

}  // namespace
}  // namespace wsfleet
