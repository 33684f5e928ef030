#include "core/value/json_parse.h"

#include <random>
#include <string>

#include "boost/json/parse.hpp"
#include "core/value/json_text.h"
#include "fmt/format.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

boost::json::value ParsedExactly(const std::string& text) {
  boost::json::error_code error;
  boost::json::value value = ParseJson(text, error);
  EXPECT_FALSE(error) << text << ": " << error.message();
  return value;
}

TEST(ParseJson, ReadsEachNumberAsTheOneThatItIs) {
  EXPECT_EQ(ParsedExactly("97.98862775249707").get_double(), 97.98862775249707);
  EXPECT_EQ(ParsedExactly("100.00000000000001").get_double(), 100.00000000000001);
  EXPECT_EQ(ParsedExactly("[7.80707e-20]").at(0).get_double(), 7.80707e-20);
  const unsigned seed = std::random_device()();
  std::mt19937_64 random(seed);
  for (int i = 0; i < 10'000; ++i) {
    const double number = std::uniform_real_distribution(-1e9, 1e9)(random);
    const std::string text = fmt::format("{{\"a\":[{}]}}", number);
    EXPECT_EQ(CompactJson(ParsedExactly(text)), text) << "seed " << seed;
  }
}

TEST(CompactJson, WritesWholeNumbersWithAllTheirDigits) {
  for (const std::string text :
       {"18446744073709551616", "100000000000000000000", "-18446744073709551616", "1e+22", "0.5"}) {
    EXPECT_EQ(CompactJson(ParsedExactly(text)), text);
  }
}

TEST(ParseJson, IsOtherwiseAsBoostsOwn) {
  for (const char* text : {"null", " true ", "[1,-2,18446744073709551615,18446744073709551616,1e999,-0]",
                           "{\"a\\u00e4\":\"\\n\",\"a\":{}}", "[]", "[1", "[1]]", "", "01", "tru", "[1e]", "\"\xff\"",
                           "{\"a\":1,\"a\":2}"}) {
    boost::json::error_code ours, theirs;
    const auto value = ParseJson(text, ours);
    EXPECT_EQ(value, boost::json::parse(text, theirs)) << text;
    EXPECT_EQ(ours, theirs) << text;
  }
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  boost::json::error_code error;
  ParseJson(deep, error);
  EXPECT_EQ(error, boost::json::error::too_deep);
  error.clear();
  ParseJson(deep, error, 64);
  EXPECT_FALSE(error);
}

}  // namespace
}  // namespace wsfleet
