#include "core/har/json_round_trip.h"

#include <string>

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(JsonRoundTrip, KeepsWhatValuesCanHold) {
  for (const char* text : {R"({"a": [1, -2, 0.1, 18446744073709551615, "ä\u00e4", true, null], "b": {"a": 1}})", "[]",
                           R"([{"a":1},{"a":2}])"}) {
    EXPECT_TRUE(SurvivesRoundTrip(text)) << text;
  }
}

TEST(JsonRoundTrip, LosesNumbersAndNames) {
  for (const char* text : {R"({"n":12345678901234567890123})", "[1.0]", "[1e3]", "[-0]", "[0.10]", "[1e400]",
                           R"({"a":1,"a":2})", R"({"a":1,"\u0061":2})", "{", "nope", "[1] 2", ""}) {
    EXPECT_FALSE(SurvivesRoundTrip(text)) << text;
  }
}

TEST(JsonRoundTrip, IsNotAskedOfWhatIsTooDeep) { EXPECT_FALSE(SurvivesRoundTrip(std::string(100'000, '['))); }

}  // namespace
}  // namespace wsfleet
