#include "coordinator/oidc/strict_json.h"

#include <string>

#include "gtest/gtest.h"

namespace wsfleet::oidc {
namespace {

TEST(StrictJson, ReadsAnObject) {
  const auto object = ParseStrictObject(R"( {"a:\"b\"": [{"c": ":"}, {"c": "\\"}], "d": {"c": {"c": null}}} )");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->size(), 2U);
  EXPECT_TRUE(ParseStrictObject("{}"));
}

TEST(StrictJson, RefusesMembersThatStandTwiceAtAnyDepth) {
  EXPECT_FALSE(ParseStrictObject(R"({"sub":"a","sub":"b"})"));
  EXPECT_FALSE(ParseStrictObject(R"({"sub":"a","sub":"a"})"));
  EXPECT_FALSE(ParseStrictObject(R"({"sub":"a","\u0073ub":"b"})")) << "one name, written in two ways";
  EXPECT_FALSE(ParseStrictObject(R"({"x":[{"y":{"a":1,"a":{"b":2}}}]})"));
}

TEST(StrictJson, RefusesWhatIsNoObjectOrNotUtf8OrTooDeep) {
  for (const std::string text : {"", "[]", "1", "null", "{\"a\":1}x", "{\"a\":1,}", "{'a':1}", "{\"a\":\"\xff\"}"}) {
    EXPECT_FALSE(ParseStrictObject(text)) << text;
  }
  const auto deep = [](int depth) {
    std::string text = "1";
    for (int i = 0; i < depth; ++i) text = "{\"a\":" + text + "}";
    return text;
  };
  EXPECT_TRUE(ParseStrictObject(deep(16)));
  EXPECT_FALSE(ParseStrictObject(deep(17)));
  EXPECT_FALSE(ParseStrictObject(deep(5000)));
}

}  // namespace
}  // namespace wsfleet::oidc
