#include "core/scenario/nesting.h"

#include <string>

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(Nesting, IsFoundWhereItBecomesTooDeep) {
  EXPECT_EQ(FindTooDeep("a: [[1]]\nb: {c: [[2]]}\n", 2), 17u);
  EXPECT_EQ(FindTooDeep("[[[", 2), 2u);
  EXPECT_EQ(FindTooDeep("--- [[\n[", 2), 7u);
  EXPECT_EQ(FindTooDeep("\xEF\xBB\xBF[[[", 2), 5u);
  EXPECT_EQ(FindTooDeep("- - ? &a !t [[[", 2), 14u);
  EXPECT_EQ(FindTooDeep("a: [ # ]\n [ # ]\n [", 2), 17u);
  EXPECT_EQ(FindTooDeep("\"k\": {\"a\":{\"b\":[", 2), 15u);
}

TEST(Nesting, CountsWhatIsOpenAtOnce) { EXPECT_EQ(FindTooDeep("a: [[1], [2], {b: 3}]\nc: [[1]]\n", 2), std::nullopt); }

TEST(Nesting, IsNotThatOfTexts) {
  for (const char* text :
       {"a: \"[[[\"\n", "a: '[[['\n", "a: x[[[\n", "# [[[\n", "a: 1 # [[[\n", "a: |\n  [[[\n\n  {{{\nb: 1\n",
        "- >-\n  [[[\n- 2\n", "a: [x, \"[[[\", '{{{', # [[[\n 1]\n", "- a: |\n     [[[\n"}) {
    EXPECT_EQ(FindTooDeep(text, 2), std::nullopt) << text;
  }
  EXPECT_EQ(FindTooDeep("- a: |\n    [[[\n  b: [[[\n", 2), 22u);
}

}  // namespace
}  // namespace wsfleet
