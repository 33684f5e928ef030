#include "core/match/predicate.h"

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/core/building.h"

namespace wsfleet {
namespace {

using testing::Both;
using testing::Check;
using testing::Exists;
using testing::Is;
using testing::Json;
using testing::Nested;
using testing::Regex;
using Op = Predicate::Op;

TEST(Predicate, JudgesOneValue) {
  struct Case {
    Predicate predicate;
    std::string_view value;
    bool holds;
  };
  const Case cases[] = {
      {Is("1"), "1.0", true},
      {Is("1"), "\"1\"", false},
      {Is("null"), "null", true},
      {Is("null"), "0", false},
      {Is("{\"a\": [1, 2]}"), "{\"a\": [1.0, 2]}", true},
      {Is("{\"a\": 1}"), "{\"a\": 1, \"b\": 2}", false},
      {Nested(Op::kNot, Is("1")), "2", true},
      {Nested(Op::kNot, Is("1")), "1", false},
      {Check(Op::kLess, "3"), "2.5", true},
      {Check(Op::kLess, "3"), "\"2\"", false},
      {Check(Op::kGreaterOrEqual, "3"), "3", true},
      {Both(Check(Op::kGreater, "0"), Check(Op::kLessOrEqual, "10")), "10", true},
      {Both(Check(Op::kGreater, "0"), Check(Op::kLessOrEqual, "10")), "11", false},
      {Regex("^ord"), "\"order\"", true},
      {Regex("der"), "\"order\"", true},
      {Regex("1"), "1", false},
      {Check(Op::kContains, "\"rde\""), "\"order\"", true},
      {Check(Op::kContains, "2"), "[1, 2.0]", true},
      {Check(Op::kContains, "2"), "\"2\"", false},
      {Check(Op::kIn, "[1000, 1001]"), "1001", true},
      {Check(Op::kIn, "[1000, 1001]"), "1002", false},
      {Check(Op::kType, "\"number\""), "1.5", true},
      {Check(Op::kType, "\"null\""), "null", true},
      {Check(Op::kType, "\"object\""), "[]", false},
      {Nested(Op::kLength, Is("2")), "\"éa\"", true},
      {Nested(Op::kLength, Check(Op::kGreater, "0")), "[]", false},
      {Nested(Op::kLength, Is("1")), "{\"a\": 1}", true},
      {Nested(Op::kLength, Is("1")), "1", false},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(Holds(one.predicate, Json(one.value)), one.holds) << Describe(one.predicate) << " of " << one.value;
  }
}

TEST(Predicate, JudgesWhatAPathSelected) {
  const boost::json::value one(1), two(2);
  const std::vector<const boost::json::value*> none, both{&one, &two}, ones{&one, &one};
  EXPECT_TRUE(HoldsForSelection(Is("2"), both)) << "one is enough";
  EXPECT_FALSE(HoldsForSelection(Is("2"), none));
  EXPECT_TRUE(HoldsForSelection(Exists(false), none));
  EXPECT_FALSE(HoldsForSelection(Exists(false), both));
  EXPECT_TRUE(HoldsForSelection(Exists(true), both));
  EXPECT_FALSE(HoldsForSelection(Nested(Op::kEvery, Is("1")), both));
  EXPECT_TRUE(HoldsForSelection(Nested(Op::kEvery, Is("1")), ones));
  EXPECT_FALSE(HoldsForSelection(Nested(Op::kEvery, Is("1")), none)) << "every asks for at least one";
  EXPECT_FALSE(HoldsForSelection(Nested(Op::kNot, Is("1")), none)) << "not asks for a value";
  EXPECT_FALSE(HoldsForSelection(Both(Check(Op::kGreater, "1"), Check(Op::kLess, "2")), both))
      << "all tests must hold for the same value";
}

TEST(Predicate, SaysWhyAValueIsWrong) {
  EXPECT_EQ(ExplainMismatch(Is("1"), Json("\"1\"")), "expected 1, found \"1\" (a string)");
  EXPECT_EQ(ExplainMismatch(Is("\"ok\""), Json("\"no\"")), "expected \"ok\", found \"no\"");
  EXPECT_EQ(ExplainMismatch(Is("1"), Json("[1]")), "expected 1, found [1] (an array)");
  EXPECT_EQ(ExplainMismatch(Both(Check(Op::kGreater, "0"), Check(Op::kLess, "10")), Json("12")),
            "expected lt 10, found 12");
  EXPECT_EQ(Describe(Both(Check(Op::kGreaterOrEqual, "3"), Check(Op::kLess, "10"))), "gte 3, lt 10");
  EXPECT_EQ(Describe(Nested(Op::kNot, Regex("x"))), "not regex x");
}

TEST(Predicate, BindsReferencesAndKeepsTheirType) {
  testing::Variables scope;
  scope.Set("n", 7);
  const absl::StatusOr<Predicate> bound = Bind(Nested(Op::kNot, Is("${n}")), scope);
  ASSERT_TRUE(bound.ok());
  EXPECT_FALSE(Holds(*bound, Json("7")));
  EXPECT_TRUE(Holds(*bound, Json("\"7\"")));
  EXPECT_EQ(Bind(Is("${unknown}"), scope).status().code(), absl::StatusCode::kNotFound);
}

TEST(Predicate, RefusesAValueThatItsTestCannotUse) {
  testing::Variables scope;
  scope.Set("name", "ada");
  const absl::StatusOr<Predicate> bound = Bind(Check(Op::kLess, "${name}"), scope);
  ASSERT_FALSE(bound.ok());
  EXPECT_EQ(bound.status().message(), "lt: expected a number, found \"ada\"");
}

}  // namespace
}  // namespace wsfleet
