#include "core/verdict/secret_parts.h"

#include <string>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::vector<std::string> PartsOf(std::string_view secret) {
  const SecretParts parts(secret);
  return {parts.all().begin(), parts.all().end()};
}

TEST(SecretParts, AreLinesAndWhatStandsInThem) {
  EXPECT_THAT(PartsOf("a plain word"), IsEmpty());
  EXPECT_THAT(PartsOf("first\nab\nws://u:pass@host\n"),
              UnorderedElementsAre("first", "ws://u:pass@host", "u:pass", "pass"));
  EXPECT_THAT(PartsOf(std::string_view("bytes\nthat are\0no text", 22)), IsEmpty());
}

TEST(SecretParts, AreMembersOfJsonAndThoseOfTheStringsInIt) {
  EXPECT_THAT(
      PartsOf(
          R"({"user": "alice", "pin": 918273645546, "password": "pw12", "max_tokens": 4096, "n": 12345678, "api-keys": [776655443322, "short", -1234.56], "is_token": true})"),
      UnorderedElementsAre("918273645546", "pw12", "776655443322", "short", "-1234.56"));
  EXPECT_THAT(PartsOf(R"({"token": "{\"inner\": \"ws:\\/\\/h\\/?key=k-12\"}"})"),
              UnorderedElementsAre(R"({"inner": "ws:\/\/h\/?key=k-12"})", "ws://h/?key=k-12", "/?key=k-12", "k-12"));
}

TEST(SecretParts, AreSegmentsOfAPathThatLookLikeCredentials) {
  EXPECT_THAT(PartsOf("https://h/ws/Zx9y8w7v"), UnorderedElementsAre("/ws/Zx9y8w7v", "Zx9y8w7v"));
  EXPECT_THAT(PartsOf("https://h/main/true/v1/production/123456789/abcdefghijklmnop"),
              UnorderedElementsAre(SizeIs(51), "abcdefghijklmnop"));
}

TEST(SecretParts, AreBoundedAndTheLongestOfThem) {
  std::string members = "[";
  for (int i = 0; i < 6500; ++i) members += fmt::format(R"({{"token":"t{:05}"}},)", i);
  members += R"("the longest of all of them"])";
  EXPECT_EQ(SecretParts(members).all().size(), SecretParts::kMaxParts);
  EXPECT_THAT(SecretParts(members).all(), ::testing::Contains("the longest of all of them"));
  std::string lines;
  for (int i = 0; i < 10000; ++i) lines += fmt::format("{:04}\n", i);
  EXPECT_EQ(SecretParts(lines).all().size(), SecretParts::kMaxParts);
}

// Its rest may be a URL too, and so on.
TEST(SecretParts, OfAUrlWithinAUrlAreAsManyAsOnceThrough) {
  std::string url, parameters = "ws://h/";
  for (int i = 0; i < 100; ++i) url += "http://host/";
  for (int i = 0; i < 100; ++i) parameters += fmt::format("?token=http://h{}/", i);
  EXPECT_LT(SecretParts(url).all().size(), 10U);
  EXPECT_LT(SecretParts(parameters).all().size(), 400U);
}

}  // namespace
}  // namespace wsfleet
