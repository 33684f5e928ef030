#include "core/verdict/known_values.h"

#include <string>

#include "fmt/format.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

// What it costs to put so many values in order, and to look for them in a text.
std::size_t Comparisons(int values, const std::string& text) {
  KnownValues known;
  for (int i = 0; i < values; ++i) known.Add(fmt::format("a value that has number {}", i * 7919 % values));
  for (std::size_t at = 0; at < text.size(); ++at) known.FindAtBegin(std::string_view(text).substr(at));
  return known.comparisons();
}

TEST(KnownValues, FindsTheLongestThatATextBeginsWith) {
  KnownValues known;
  for (const char* value : {"abcd", "abcdef", "abcdefgh", "abcdzz", "abd", "abcd"}) known.Add(value);
  EXPECT_EQ(known.size(), 4U) << "what is too short, or there already, does not count";
  EXPECT_EQ(known.FindAtBegin("abcdefg").whole, 6U);
  EXPECT_EQ(known.FindAtBegin("abcdefg").begin, 7U);
  EXPECT_EQ(known.FindAtBegin("abcdzzzz").whole, 6U);
  EXPECT_EQ(known.FindAtBegin("abcdzy").whole, 4U);
  EXPECT_EQ(known.FindAtBegin("abcx").whole, 0U);
  EXPECT_EQ(known.FindAtBegin("abcx").begin, 0U) << "too little to be sure";
  EXPECT_EQ(known.FindAtBegin("abc").begin, 0U);
  EXPECT_EQ(known.FindAtBegin("").begin, 0U);
}

TEST(KnownValues, FindsBytesThatAreNoText) {
  KnownValues known;
  known.Add(std::string_view("\0\0\0\0", 4));
  known.Add(std::string_view("\xff\0\xfe\0\x01", 5));
  EXPECT_EQ(known.FindAtBegin(std::string_view("\0\0\0\0\0", 5)).whole, 4U);
  EXPECT_EQ(known.FindAtBegin(std::string_view("\xff\0\xfe\0\x01\x02", 6)).whole, 5U);
}

TEST(KnownValues, FindsALongValueInPieces) {
  std::string value;
  for (int i = 0; value.size() < 2500; ++i) value += std::to_string(i) + ",";
  KnownValues known;
  known.Add(value);
  EXPECT_EQ(known.size(), 3U);
  std::size_t at = 0;
  while (const std::size_t found = known.FindAtBegin(std::string_view(value).substr(at)).whole) at += found;
  EXPECT_EQ(at, value.size());
}

TEST(KnownValues, FindsWhatIsAddedAfterItHasBeenAsked) {
  KnownValues known;
  EXPECT_EQ(known.FindAtBegin("text").whole, 0U);
  known.Add("text");
  EXPECT_EQ(known.FindAtBegin("text").whole, 4U);
  known.Add("more");
  EXPECT_EQ(known.FindAtBegin("more").whole, 4U);
}

TEST(KnownValues, CompareLittleMoreOftenThanTwiceWhenTheyAreTwice) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += fmt::format("a value that has number {}; ", i * 31);
  const std::size_t of_some = Comparisons(3000, text), of_twice_as_many = Comparisons(6000, text);
  EXPECT_LT(of_twice_as_many, of_some * 5 / 2);
  EXPECT_LT(of_twice_as_many, 6000U * 40 + text.size());
}

}  // namespace
}  // namespace wsfleet
