#include "core/match/json_schema.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/core/building.h"

namespace wsfleet {
namespace {

using ::testing::HasSubstr;
using testing::Json;

std::shared_ptr<const JsonSchema> Schema(std::string_view text) {
  auto schema = JsonSchema::Parse(text);
  EXPECT_TRUE(schema.ok()) << schema.status() << "\n" << text;
  return schema.ok() ? *schema : nullptr;
}

std::string Refusal(std::string_view text) {
  const auto schema = JsonSchema::Parse(text);
  EXPECT_FALSE(schema.ok()) << text;
  return std::string(schema.status().message());
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The published test suite of draft-07, as packaged. What it asks for and is not judged here is refused, never passed.
TEST(JsonSchema, AgreesWithTheStandardTestSuite) {
  const std::filesystem::path folder = "/usr/share/json-schema-test-suite/tests/draft7";
  const std::set<std::string> not_judged{"patternProperties", "refRemote"};
  int judged = 0;
  int refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const auto groups = Json(ReadFile(entry.path()));
    for (const auto& group : groups.as_array()) {
      const std::string text = boost::json::serialize(group.at("schema"));
      SCOPED_TRACE(entry.path().stem().string() + ": " + text);
      const auto schema = JsonSchema::Parse(text);
      if (!schema.ok()) {
        const bool known =
            not_judged.contains(entry.path().stem()) || text.find("patternProperties") != std::string::npos ||
            text.find("\"$ref\":\"http") != std::string::npos || text.find("\"$id\"") != std::string::npos;
        EXPECT_TRUE(known) << schema.status();
        ++refused;
        continue;
      }
      for (const auto& test : group.at("tests").as_array()) {
        EXPECT_EQ((*schema)->Accepts(test.at("data")), test.at("valid").as_bool()) << boost::json::serialize(test);
        ++judged;
      }
    }
  }
  EXPECT_GT(judged, 350);
  EXPECT_LT(refused, 25);
}

TEST(JsonSchema, AsksForAMultipleOfNumbersOnlyAndWithTheirFractions) {
  const auto even = Schema(R"({"multipleOf": 2})");
  EXPECT_TRUE(even->Accepts(Json("4")));
  EXPECT_TRUE(even->Accepts(Json("4.0")));
  EXPECT_TRUE(even->Accepts(Json(R"("3")")));
  EXPECT_FALSE(even->Accepts(Json("3")));
  EXPECT_FALSE(even->Accepts(Json("4.5")));
  const auto cents = Schema(R"({"multipleOf": 0.01})");
  EXPECT_TRUE(cents->Accepts(Json("19.99")));
  EXPECT_TRUE(cents->Accepts(Json("3")));
  EXPECT_FALSE(cents->Accepts(Json("19.999")));
  EXPECT_THAT(cents->Explain(Json("0.001")), HasSubstr("$: is no multiple of 0.01"));
  for (const char* divisor : {"0", "-2", "0.0", "-0.5", R"("2")"}) {
    EXPECT_THAT(Refusal(fmt::format(R"({{"if": {{"multipleOf": {}}}}})", divisor)), HasSubstr("/if/multipleOf: "));
  }
}

TEST(JsonSchema, SaysWhereAValueBreaksIt) {
  const auto schema = Schema(R"({"type": "object", "required": ["id"], "properties": {
      "bids": {"items": {"properties": {"price": {"type": "number", "exclusiveMinimum": 0},
                                        "a b": {"pattern": "^x+$"}, "n": {"uniqueItems": true}}}}}})");
  EXPECT_TRUE(schema->Accepts(Json(R"({"id": 1, "bids": [{"price": 1}]})")));
  EXPECT_THAT(schema->Explain(Json("{}")), HasSubstr("$: "));
  EXPECT_THAT(schema->Explain(Json("{}")), HasSubstr("'id'"));
  EXPECT_THAT(schema->Explain(Json(R"({"id": 1, "bids": [{"price": 1}, {"price": "1"}]})")),
              HasSubstr("$.bids[1].price: "));
  EXPECT_EQ(schema->Explain(Json(R"({"id": 1, "bids": [{"a b": "y"}]})")),
            R"($.bids[0]["a b"]: does not match the pattern ^x+$)");
  EXPECT_EQ(schema->Explain(Json(R"({"id": 1, "bids": [{"n": [1, {"a": [1]}, 1.0]}]})")),
            "$.bids[0].n: element 2 was there before");
}

TEST(JsonSchema, TakesNumbersByTheirValue) {
  EXPECT_TRUE(Schema(R"({"type": "integer"})")->Accepts(Json("1.0")));
  EXPECT_TRUE(Schema(R"({"type": "integer"})")->Accepts(Json("1e20")));
  EXPECT_TRUE(Schema(R"({"type": ["null", "integer"]})")->Accepts(Json("18446744073709551615")));
  EXPECT_FALSE(Schema(R"({"type": "integer"})")->Accepts(Json("1.5")));
  EXPECT_EQ(Schema(R"({"type": ["null", "integer"]})")->Explain(Json("1.5")), "$: is not of the type null, integer");
  EXPECT_TRUE(Schema(R"({"enum": [1.0]})")->Accepts(Json("1")));
  EXPECT_TRUE(Schema(R"({"type": "number", "minimum": 1})")->Accepts(Json("18446744073709551615")));
  // By exact value, where doubles are equal.
  EXPECT_FALSE(Schema(R"({"minimum": 9007199254740993})")->Accepts(Json("9007199254740992")));
  EXPECT_TRUE(Schema(R"({"minimum": 9007199254740993})")->Accepts(Json("9007199254740993")));
  EXPECT_FALSE(Schema(R"({"maximum": 9007199254740992})")->Accepts(Json("9007199254740993")));
  EXPECT_TRUE(Schema(R"({"exclusiveMaximum": 9007199254740993})")->Accepts(Json("9007199254740992")));
  EXPECT_FALSE(Schema(R"({"exclusiveMinimum": 9007199254740993})")->Accepts(Json("9007199254740993")));
  EXPECT_TRUE(Schema(R"({"maximum": 1})")->Accepts(Json("\"no number\"")));
  EXPECT_FALSE(JsonSchema::Parse(R"({"const": 12345678901234567890123})").ok());
  EXPECT_FALSE(Schema(R"({"uniqueItems": true})")->Accepts(Json("[{\"a\": 1, \"b\": 2}, {\"b\": 2.0, \"a\": 1}]")));
}

TEST(JsonSchema, IsRefusedWithItsPlaceIfItIsNone) {
  const struct {
    std::string_view text;
    std::string_view message;
  } cases[] = {
      {"{", "not JSON: "},
      {"[]", "/: expected a schema"},
      {R"({"properties": {"a/b": 1}})", "/properties/a~1b: expected a schema (an object, true or false), found 1"},
      {R"({"properties": []})", "/properties: expected an object of names and schemas, found []"},
      {R"({"anyOf": []})", "/anyOf: expected a list of schemas"},
      {R"({"uniqueItems": 1})", "/uniqueItems: expected true or false, found 1"},
      {R"({"items": {"pattern": "(?=x)y"}})", "/items/pattern: no expression of RE2"},
      {R"({"pattern": 3})", "/pattern: expected a regular expression, found 3"},
      {R"({"items": {"patternProperties": {}}})", "/items/patternProperties: "},
      {R"({"prefixItems": [true]})", "/prefixItems: "},
      {R"({"$schema": "https://json-schema.org/draft/2020-12/schema"})",
       "/$schema: expected http://json-schema.org/draft-07"},
      {R"({"items": {"$ref": "other.json"}})", "/items/$ref: expected a place in this file"},
      {R"({"$ref": "#/definitions/nobody"})", "/$ref: nothing is at #/definitions/nobody"},
      {R"({"$ref": "#"})", "refers to itself"},
      {R"({"definitions": {"a": {"anyOf": [{"$ref": "#"}]}}, "not": {"$ref": "#/definitions/a"}})", "refers to itself"},
      {R"({"type": "strin"})", "strin"},
      {R"({"type": ["string", 1]})", "/type: expected array, boolean"},
      {R"({"required": 1})", "/required: expected a list of names, found 1"},
      {R"({"minLength": "1"})", "/minLength: expected a whole number from 0, found \"1\""},
      {R"({"items": {"minimum": "5"}})", "/items/minimum: expected a number, found \"5\""},
      {R"({"enum": 2})", "/enum: expected a list of values, found 2"},
      {R"({"dependencies": {"a": [1]}})", "/dependencies/a: expected a list of names, found [1]"},
  };
  for (const auto& one : cases) EXPECT_THAT(Refusal(one.text), HasSubstr(std::string(one.message))) << one.text;
}

TEST(JsonSchema, JudgesByNoneButItsOwnKeywords) {
  // Names that look like keywords, keywords that say nothing, schemas that only references reach.
  const auto schema = Schema(R"({"title": "T", "format": "email", "x-note": {"pattern": "("},
      "properties": {"pattern": {"const": {"pattern": "("}}, "$ref": {"type": "string"}},
      "additionalProperties": {"$ref": "#/shapes/my%20shape"}, "shapes": {"my shape": {"maximum": 3}}})");
  EXPECT_TRUE(schema->Accepts(Json(R"({"pattern": {"pattern": "("}, "$ref": "x", "other": 3})")));
  EXPECT_FALSE(schema->Accepts(Json(R"({"pattern": {"pattern": "["}})")));
  EXPECT_FALSE(schema->Accepts(Json(R"({"other": 4})")));
}

TEST(JsonSchema, FollowsAValueAsDeepAsItGoes) {
  const auto schema =
      Schema(R"({"type": "object", "additionalProperties": false, "properties": {"next": {"$ref": "#"}}})");
  std::string good = "{}";
  std::string bad = "1";
  for (int i = 0; i < 31; ++i) {
    good = fmt::format("{{\"next\": {}}}", good);
    bad = fmt::format("{{\"next\": {}}}", bad);
  }
  EXPECT_TRUE(schema->Accepts(Json(good)));
  EXPECT_FALSE(schema->Accepts(Json(bad)));
}

TEST(JsonSchema, HasLimitsForItsOwnSize) {
  const auto row = [](std::size_t length) {
    std::string definitions;
    for (std::size_t i = 0; i < length; ++i) {
      definitions += fmt::format(R"("d{}": {{"items": {{"$ref": "#/definitions/d{}"}}}}, )", i, i + 1);
    }
    return fmt::format(R"({{"$ref": "#/definitions/d0", "definitions": {{{} "d{}": false}}}})", definitions, length);
  };
  EXPECT_TRUE(Schema(row(98))->Accepts(Json("[[[]]]")));
  EXPECT_THAT(Refusal(row(150)), HasSubstr("more than 200 schemas refer to each other in a row"));
  EXPECT_THAT(Refusal(row(1500)), HasSubstr("more than 2000 schemas"));
  std::string nested = "true";
  for (int i = 0; i < 9; ++i) nested = fmt::format(R"({{"allOf": [{}]}})", nested);
  EXPECT_THAT(Refusal(nested), HasSubstr("more than 8 schemas apply to one value"));
  EXPECT_THAT(Refusal(std::string(JsonSchema::kMaxBytes + 1, ' ')), HasSubstr("larger than 256 KiB"));
}

// Each level of the value doubles the work: 2^31 tests without a limit.
TEST(JsonSchema, GivesAValueUpThatAsksForTooManyTests) {
  const auto schema = Schema(R"({"definitions": {"a": {"properties": {"n": {"allOf": [{"$ref": "#/definitions/a"},
      {"$ref": "#/definitions/a"}]}}}}, "$ref": "#/definitions/a"})");
  std::string value = "1";
  for (int i = 0; i < 31; ++i) value = fmt::format("{{\"n\": {}}}", value);
  EXPECT_FALSE(schema->Accepts(Json(value)));
  EXPECT_EQ(schema->Explain(Json(value)), "$: the schema asks for more than 200000 tests of this value");
  EXPECT_TRUE(schema->Accepts(Json("{\"n\": {\"n\": 1}}")));
  // What std::regex and all pairs of elements would never end on.
  const auto hard = Schema(R"({"pattern": "^(a+)+$", "uniqueItems": true})");
  EXPECT_FALSE(hard->Accepts(boost::json::value(boost::json::string(100'000, 'a') += "b")));
  boost::json::array numbers;
  for (int i = 0; i < 100'000; ++i) numbers.emplace_back(i);
  EXPECT_TRUE(hard->Accepts(numbers));
}

}  // namespace
}  // namespace wsfleet
